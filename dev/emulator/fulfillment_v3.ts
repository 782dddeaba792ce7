/**
 * Fulfillment v3: it grants once per transaction identifier.
 *
 * What AGS's specification leaves open is decided here, to the side that is
 * harder for a caller:
 *
 * - A transaction identifier belongs to one player: used again for another
 *   one it counts as another payload (38128).
 * - A transaction that failed is tried again by the next call that names it.
 *
 * @module
 */

import { isObject } from "../../lib/core/is_object.ts";
import type { EmulatedItem } from "./catalog.ts";
import type { GrantOrder } from "./entitlement.ts";
import { agsError, type Answer, itemNotFound, ok } from "./errors.ts";
import {
  checkFulfillments,
  type FulfillmentItem,
} from "./fulfillment_schema.ts";
import { grantAll, isAnswer, type PlatformOptions } from "./grants.ts";
import { readJson } from "./request_body.ts";
import type { Call } from "./router.ts";

/** Most transactions remembered; a forgotten one would grant again. */
export const MAX_TRANSACTIONS = 100_000;

/** The transactions of one emulator. */
export interface Transactions {
  /** Answers `PUT …/users/{userId}/fulfillments/{transactionId}`. */
  fulfill(call: Call): Answer;
  /** Forgets all transactions. */
  clear(): void;
}

interface Transaction {
  readonly userId: string;
  /** Canonical JSON of the items asked for. */
  readonly payload: string;
  /** Answer to repeat; absent after a failure. */
  readonly answer?: Answer;
}

/**
 * Creates an empty list of transactions.
 *
 * @param options Store, ledger and journal.
 */
export function createTransactions(options: PlatformOptions): Transactions {
  const transactions = new Map<string, Transaction>();

  function remember(id: string, transaction: Transaction): void {
    if (transactions.size >= MAX_TRANSACTIONS && !transactions.has(id)) {
      const oldest = transactions.keys().next();
      if (!oldest.done) transactions.delete(oldest.value);
    }
    transactions.set(id, transaction);
  }

  function fulfill(call: Call): Answer {
    const body = readJson(call, checkFulfillments);
    if (isAnswer(body)) return body;
    const { userId = "", transactionId = "" } = call.params;
    const payload = canonical(body.value);
    const known = transactions.get(transactionId);
    if (known && (known.userId !== userId || known.payload !== payload)) {
      return agsError(400, {
        errorCode: 38128,
        errorMessage:
          "Cannot retry fulfillment with different payload. Please check the items list.",
      });
    }
    if (known?.answer) return known.answer;
    const orders = findOrders(body.value, options);
    if (isAnswer(orders)) return orders;

    const describe = description(orders, {
      id: options.ledger.newId(),
      namespace: options.namespace,
      userId,
      transactionId,
    });
    if (call.effects.has("fulfillFailed")) {
      remember(transactionId, { userId, payload });
      return describe("FULFILL_FAILED", {});
    }
    if (call.effects.has("noSummaries")) return describe("FULFILLED", {});
    const granted = grantAll(options, orders, {
      userId,
      api: "v3",
      transactionId,
    });
    if (isAnswer(granted)) return granted;
    const answer = describe("FULFILLED", granted);
    remember(transactionId, { userId, payload, answer });
    return answer;
  }

  return { fulfill, clear: () => transactions.clear() };
}

/** Prepares the answer to a transaction, whichever way it ends. */
function description(
  orders: readonly GrantOrder[],
  identity: Readonly<Record<string, string>>,
): (state: "FULFILLED" | "FULFILL_FAILED", summaries: object) => Answer {
  const items = orders.map(({ item, quantity }) => ({
    itemId: item.itemId,
    itemSku: item.sku,
    itemName: item.name,
    itemType: item.itemType,
    quantity,
  }));
  const names = items.map(({ itemId, itemSku }) => ({ itemId, itemSku }));
  return (state, summaries) =>
    ok({
      ...identity,
      items,
      ...summaries,
      state,
      stateInfo: state === "FULFILLED"
        ? { successList: names, failedList: [] }
        : {
          successList: [],
          failedList: names.map((name) => ({
            ...name,
            error: "fulfillment failed",
          })),
        },
    });
}

function findOrders(
  requests: readonly FulfillmentItem[],
  options: PlatformOptions,
): readonly GrantOrder[] | Answer {
  const orders: GrantOrder[] = [];
  const first = new Map<EmulatedItem, FulfillmentItem>();
  for (const request of requests) {
    const item = findItem(request, options);
    if (isAnswer(item)) return item;
    const before = first.get(item);
    const field = before &&
      TERMS.find((name) =>
        canonical(before[name]) !== canonical(request[name])
      );
    if (field !== undefined) {
      return agsError(400, {
        errorCode: 38129,
        errorMessage:
          `Cannot combine same item [${item.itemId}] with different [${field}] value`,
        messageVariables: { itemId: item.itemId, fieldName: field },
      });
    }
    first.set(item, request);
    orders.push({ item, quantity: request.quantity, terms: request });
  }
  return orders;
}

function findItem(
  { itemId, itemSku }: FulfillmentItem,
  { catalog, namespace }: PlatformOptions,
): EmulatedItem | Answer {
  if (itemId) return catalog.byId(itemId) ?? itemNotFound(itemId, namespace);
  return catalog.bySku(itemSku ?? "") ?? agsError(404, {
    errorCode: 30343,
    errorMessage: `Item of sku [${itemSku}] does not exist`,
    messageVariables: { sku: itemSku },
  });
}

/** Fields in which two entries of the same item may not differ. */
const TERMS = [
  "source",
  "origin",
  "entitlementOrigin",
  "entitlementCollectionId",
  "metadata",
  "orderNo",
  "storeId",
  "region",
  "language",
  "startDate",
  "endDate",
  "duration",
] as const satisfies readonly (keyof FulfillmentItem)[];

/** JSON with sorted keys and without nulls: equal for equal payloads. */
function canonical(value: unknown): string {
  return JSON.stringify(value ?? null, (_key, inner: unknown) => {
    if (!isObject(inner)) return inner;
    return Object.fromEntries(
      Object.entries(inner)
        .filter(([, field]) => field !== null)
        .sort(([a], [b]) => a < b ? -1 : 1),
    );
  });
}
