/**
 * AGS Platform: fulfillment v3, which grants once however often it is asked.
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

/** What to grant, to whom, and under which name. */
export interface FulfillItemsRequest {
  /** The player. */
  readonly userId: string;
  /**
   * What makes this grant one grant: the same id, player and items grant once. See
   * {@linkcode transactionIdOf}.
   */
  readonly transactionId: string;
  /** The items; at least one. */
  readonly items: readonly FulfillmentItem[];
}

/** What {@linkcode transactionIdOf} makes an id from, beside the event. */
export interface TransactionIdOptions {
  /** The player: AGS ties a transaction to one. */
  readonly userId: string;
  /** Tells several transactions of one event and player apart. @default {""} */
  readonly part?: string;
}

const FULFILLMENTS =
  "/platform/v3/admin/namespaces/{namespace}/users/{userId}/fulfillments/{transactionId}";

/** "The user has this durable item already": what was wanted is the case. */
const ALREADY_OWNED = 38121;

/** Longest part of AGS's own words that is kept. */
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
 * A redelivered event that names the same transaction gets the first answer again
 * and nothing is granted twice, also when the first answer got lost: this is what
 * v1 (`fulfillItem`) cannot do. AGS says that v3 is not supported in Shared Cloud
 * yet.
 *
 * A transaction that AGS accepted and could not carry out (`FULFILL_FAILED`) is
 * retryable: AGS takes the same request again as the retry of it. One that was
 * revoked meanwhile is not granted again.
 *
 * A durable item that the player owns already counts as granted, as in v1, where it
 * is the only item. Beside others it is an error: AGS then grants none of them, and
 * which ones are missing is not for this function to guess. Give such items a
 * transaction each.
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
 * @param request The items, whom they are for, and the transaction that they are granted once in.
 * @returns What was granted.
 * @throws {AgsError} Not granted. Retryable: `FULFILL_FAILED`. Not retryable: no
 * such item (404/30341), a closed wallet (400/35123), the same id with other items
 * (400/38128), the same item on different terms (400/38129), an item that cannot be
 * granted (400/38130), an owned item beside others (400/38121), a revoked
 * transaction.
 * @throws {TerminalError} `userId` or `transactionId` is empty, or there is no item;
 * nothing is asked.
 */
export async function fulfillItems(
  ags: Ags,
  request: FulfillItemsRequest,
): Promise<FulfillItemResult> {
  const { userId, transactionId, items } = request;
  if (items.length === 0) {
    throw new TerminalError("Items to grant are none: expected at least one");
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
 * The transaction id of an event's grant to a player: the same for each delivery of
 * the event, another one for any other event, player or part.
 *
 * 32 lower-case hexadecimal digits, the form of AGS's own ids, so that whatever
 * length and letters AGS takes, it takes these: the first half of a SHA-256.
 *
 * @param event The event that items are granted for.
 * @param options Whom for, and which part of the event it is.
 * @returns The id: the same each time that the event comes.
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
  // As JSON, so that no two different lists run together into the same text.
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
