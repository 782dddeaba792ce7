/**
 * AGS Platform: fulfillment v3, which grants once however often it is called.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { z } from "zod";
import type { Ags } from "../core/context.ts";
import type { Event } from "../core/event.ts";
import { TerminalError } from "../core/errors.ts";
import { isRefusal, readAnswer } from "./_answer.ts";
import { AgsError } from "./errors.ts";
import type { FulfillItemRequest, FulfillItemResult } from "./platform.ts";

/** One item of a transaction. */
export type FulfillmentItem = Omit<FulfillItemRequest, "userId">;

/** A grant: the items, the player and the transaction id. */
export interface FulfillItemsRequest {
  /** The player. */
  readonly userId: string;
  /**
   * Identifies the grant: the same id, player and items grant once. See
   * {@linkcode transactionIdOf}.
   */
  readonly transactionId: string;
  /** The items; at least one. */
  readonly items: readonly FulfillmentItem[];
}

/** Inputs of {@linkcode transactionIdOf}, besides the event. */
export interface TransactionIdOptions {
  /** The player: AGS ties a transaction to one. */
  readonly userId: string;
  /**
   * Distinguishes several transactions for one event and player. @default {""}
   */
  readonly part?: string;
}

const FULFILLMENTS =
  "/platform/v3/admin/namespaces/{namespace}/users/{userId}/fulfillments/{transactionId}";

/** "The user has this durable item already": counts as granted. */
const ALREADY_OWNED = 38121;

/** The longest part of AGS's text that is kept. */
const MAX_REASON_LENGTH = 200;

const failedItem = z.object({
  itemId: z.string().nullish(),
  error: z.string().nullish(),
});
const Fulfillment = z.object({
  state: z.string(),
  stateInfo: z.object({ failedList: z.array(failedItem).nullish() }).nullish(),
  entitlementSummaries: z.array(z.object({ id: z.string() })).nullish(),
  creditSummaries: z.array(
    z.object({ currencyCode: z.string().optional(), amount: z.number() }),
  ).nullish(),
  subscriptionSummaries: z.array(z.unknown()).nullish(),
});

/**
 * Grants items to a player, all or none, once per transaction id.
 *
 * A redelivered event that names the same transaction gets the first answer
 * again and grants nothing twice, even if the first answer was lost. v1
 * (`fulfillItem`) cannot do this. AGS does not support v3 in Shared Cloud yet.
 *
 * A transaction that AGS accepted but could not complete (`FULFILL_FAILED`) is
 * retryable: AGS treats the same request as a retry of it. A transaction that
 * was revoked meanwhile is not granted again.
 *
 * A durable item that the player already owns counts as granted, as in v1, if
 * it is the only item. Together with others it is an error: AGS then grants
 * none of them, and this function cannot know which are missing. Use a
 * transaction for each such item.
 *
 * Permission: `ADMIN:NAMESPACE:{namespace}:USER:{userId}:FULFILLMENT [UPDATE]`.
 *
 * @example
 * ```ts
 * import type { Ags } from "../core/context.ts";
 * import { fulfillItems } from "./fulfillment_v3.ts";
 *
 * export async function grantTwo(ags: Ags, userId: string): Promise<void> {
 *   await fulfillItems(ags, {
 *     userId,
 *     transactionId: "order-17",
 *     items: [{ itemId: "a1b2c3", quantity: 2 }],
 *   });
 * }
 * ```
 *
 * @param ags AGS's REST API: `ctx.ags`.
 * @param request The items, the player, and the transaction that grants them
 * once.
 * @returns The granted items.
 * @throws {AgsError} Not granted. Retryable: `FULFILL_FAILED`. Not retryable:
 * no such item (404/30341), a closed wallet (400/35123), the same id with other
 * items (400/38128), the same item on different terms (400/38129), an item that
 * cannot be granted (400/38130), an owned item together with others
 * (400/38121), a revoked transaction.
 * @throws {TerminalError} `userId` or `transactionId` is empty, or there is no
 * item; no request is sent.
 */
export async function fulfillItems(
  ags: Ags,
  request: FulfillItemsRequest,
): Promise<FulfillItemResult> {
  const { userId, transactionId, items } = request;
  if (items.length === 0) {
    throw new TerminalError(
      "List of items to grant is empty: expected at least one",
    );
  }
  let answer: unknown;
  try {
    answer = await ags.request("PUT", FULFILLMENTS, {
      params: { userId, transactionId },
      body: {
        items: items.map(({ quantity = 1, source = "REWARD", ...item }) => ({
          ...item,
          quantity,
          source,
        })),
      },
    });
  } catch (error) {
    if (!isRefusal(error, ALREADY_OWNED) || items.length > 1) throw error;
    const nothing = { entitlementIds: [], credits: [], subscriptions: 0 };
    return { alreadyOwned: true, ...nothing };
  }
  return granted(answer, transactionId);
}

/**
 * The transaction id of an event's grant to a player: the same for each
 * delivery of the event, and different for any other event, player or part.
 *
 * It has 32 lower-case hexadecimal digits, the form of AGS's own ids, so that
 * AGS certainly accepts it: the first half of a SHA-256.
 *
 * @param event The event that is the reason for the grant.
 * @param options The player, and the part of the event.
 * @returns The id: the same for each delivery of the event.
 * @example A grant that survives redeliveries
 * ```ts
 * import type { Event } from "../core/event.ts";
 * import type { Context } from "../core/context.ts";
 * import { fulfillItems, transactionIdOf } from "./fulfillment_v3.ts";
 *
 * export async function reward(event: Event, userId: string, ctx: Context) {
 *   await fulfillItems(ctx.ags, {
 *     userId,
 *     transactionId: transactionIdOf(event, { userId }),
 *     items: [{ itemId: ctx.config.itemIdToGrant }],
 *   });
 * }
 * ```
 */
export function transactionIdOf(
  event: Pick<Event, "type" | "id">,
  options: TransactionIdOptions,
): string {
  const { userId, part = "" } = options;
  // As JSON, so that no two different inputs produce the same text.
  const text = JSON.stringify([event.type, event.id, userId, part]);
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}

function granted(answer: unknown, transactionId: string): FulfillItemResult {
  const fulfillment = readAnswer(Fulfillment, answer, {
    request: `PUT ${FULFILLMENTS}`,
    expected: "a fulfillment with its state",
  });
  const { state, stateInfo } = fulfillment;
  if (state !== "FULFILLED") {
    const reasons = (stateInfo?.failedList ?? []).map(({ itemId, error }) =>
      `${itemId ?? "item"}: ${error ?? "no reason given"}`
    );
    const errorMessage = reasons.join("; ").slice(0, MAX_REASON_LENGTH);
    throw new AgsError(
      `Transaction ${transactionId} is ${state}: expected FULFILLED` +
        (errorMessage && ` (${errorMessage})`),
      { status: 200, errorMessage, retryable: state === "FULFILL_FAILED" },
    );
  }
  return {
    alreadyOwned: false,
    entitlementIds: fulfillment.entitlementSummaries?.map(({ id }) => id) ?? [],
    credits: fulfillment.creditSummaries ?? [],
    subscriptions: fulfillment.subscriptionSummaries?.length ?? 0,
  };
}
