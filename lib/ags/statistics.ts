/**
 * AGS Statistics: players' statistics.
 *
 * @module
 */

import type { Ags } from "../core/context.ts";
import { TerminalError } from "../core/errors.ts";
import {
  judgeResults,
  type OnFailures,
  PartialFailureError,
  readResults,
  type StatResult,
} from "./_stat_results.ts";

export { type OnFailures, PartialFailureError, type StatResult };

/** An increment of a player's statistic. */
export interface StatIncrement {
  /** The player. */
  readonly userId: string;
  /** The statistic's code. */
  readonly statCode: string;
  /**
   * The amount to add; a negative number subtracts, if the statistic allows it.
   */
  readonly inc: number;
}

/** How the new value is combined with the current one. */
export type UpdateStrategy = "INCREMENT" | "MAX" | "MIN" | "OVERRIDE";

/** A change of one statistic of a player. */
export interface StatUpdate {
  /** The statistic's code; at most once per request. */
  readonly statCode: string;
  /** How to apply `value`. */
  readonly updateStrategy: UpdateStrategy;
  /** The value. */
  readonly value: number;
  /**
   * Returned with the result. AGS does not say that it prevents repetitions.
   */
  readonly requestId?: string;
  /** Stored with the value. */
  readonly additionalData?: Readonly<Record<string, unknown>>;
}

/** Request of {@linkcode incrementStats}. */
export interface IncrementStatsRequest {
  /** The increments: 1 to 100 items. */
  readonly items: readonly StatIncrement[];
  /** What to do with failed items. @default {"throw"} */
  readonly failures?: OnFailures;
}

/** Request of {@linkcode updateStats}. */
export interface UpdateStatsRequest {
  /** The player. */
  readonly userId: string;
  /** The changes: 1 to 100 items. */
  readonly items: readonly StatUpdate[];
  /** What to do with failed items. @default {"throw"} */
  readonly failures?: OnFailures;
}

const INCREMENT =
  "/social/v1/admin/namespaces/{namespace}/statitems/value/bulk";
const UPDATE =
  "/social/v2/admin/namespaces/{namespace}/users/{userId}/statitems/value/bulk";

/** The most items per request. AGS documents no limit. */
const MAX_ITEMS = 100;

/**
 * Increments statistics of many players in one request.
 *
 * Items can fail separately within a successful answer. By default that throws,
 * because an unchecked result would be a silently wrong number. A handler that
 * can continue passes `failures: "return"` and checks the results: it can send
 * the failed items again, which a redelivery must not do, because it would
 * repeat the successful ones.
 *
 * There is no idempotency key, and a list is sent in one request or not at all:
 * split longer ones into events or calls that can fail separately.
 *
 * Permission: `ADMIN:NAMESPACE:{namespace}:STATITEM [UPDATE]`.
 *
 * @example
 * ```ts
 * import type { Ags } from "../core/context.ts";
 * import { incrementStats } from "./statistics.ts";
 *
 * export async function countLogin(ags: Ags, userId: string): Promise<void> {
 *   await incrementStats(ags, {
 *     items: [{ userId, statCode: "logins", inc: 1 }],
 *   });
 * }
 * ```
 *
 * @param ags AGS's REST API: `ctx.ags`.
 * @param request The players, statistics and amounts.
 * @returns The result of each item, in AGS's order.
 * @throws {PartialFailureError} Items failed: no such statistic (12241), out of its
 * range (12275), …
 * @throws {AgsError} AGS refused the request (422/20002), or its answer does
 * not match the items.
 * @throws {TerminalError} There is no item, more than 100, an item without a
 * player or statistic, or an `inc` that is not a number; no request is sent.
 */
export async function incrementStats(
  ags: Ags,
  request: IncrementStatsRequest,
): Promise<readonly StatResult[]> {
  const { items, failures = "throw" } = request;
  checkItems(items, ({ userId, inc }) => userId !== "" && Number.isFinite(inc));
  const answer = await ags.request("PUT", INCREMENT, {
    idempotent: false,
    body: items.map(({ userId, statCode, inc }) => ({ userId, statCode, inc })),
  });
  const results = readResults(answer, {
    request: `PUT ${INCREMENT}`,
    count: items.length,
  });
  return judgeResults(results, { failures, isRepeatable: false });
}

/**
 * Changes statistics of one player, each by its own strategy.
 *
 * `MAX`, `MIN` and `OVERRIDE` can be repeated safely; `INCREMENT` adds again.
 * AGS processes the items concurrently, so a request may name a statistic only
 * once. Failed items are treated as in {@linkcode incrementStats}.
 *
 * Permission: `ADMIN:NAMESPACE:{namespace}:USER:{userId}:STATITEM [UPDATE]`.
 *
 * @example
 * ```ts
 * import type { Ags } from "../core/context.ts";
 * import { updateStats } from "./statistics.ts";
 *
 * export async function best(ags: Ags, userId: string): Promise<void> {
 *   await updateStats(ags, {
 *     userId,
 *     items: [{ statCode: "best", updateStrategy: "MAX", value: 42 }],
 *   });
 * }
 * ```
 *
 * @param ags AGS's REST API: `ctx.ags`.
 * @param request The player and the changes.
 * @returns The result of each item, in AGS's order.
 * @throws {PartialFailureError} Items failed.
 * @throws {AgsError} AGS refused the request (422/20002), or its answer does
 * not match the items.
 * @throws {TerminalError} `userId` is empty; there is no item, more than 100,
 * or the same statistic twice; or an item has no statistic or a `value` that is
 * not a number. No request is sent.
 */
export async function updateStats(
  ags: Ags,
  request: UpdateStatsRequest,
): Promise<readonly StatResult[]> {
  const { userId, items, failures = "throw" } = request;
  checkItems(items, ({ value }) => Number.isFinite(value));
  const codes = new Set(items.map(({ statCode }) => statCode));
  if (codes.size < items.length) {
    throw new TerminalError(
      `Stat items name ${codes.size} statistics ${items.length} times: expected each once`,
    );
  }
  const isRepeatable = items.every(({ updateStrategy }) =>
    updateStrategy !== "INCREMENT"
  );
  const answer = await ags.request("PUT", UPDATE, {
    params: { userId },
    body: items,
    idempotent: isRepeatable,
  });
  const results = readResults(answer, {
    request: `PUT ${UPDATE}`,
    count: items.length,
  });
  return judgeResults(results, { failures, isRepeatable });
}

function checkItems<T extends { readonly statCode: string }>(
  items: readonly T[],
  isUsable: (item: T) => boolean,
): void {
  if (items.length < 1 || items.length > MAX_ITEMS) {
    throw new TerminalError(
      `Number of stat items is ${items.length}: expected 1 to ${MAX_ITEMS}`,
    );
  }
  const index = items.findIndex((item) =>
    item.statCode === "" || !isUsable(item)
  );
  if (index < 0) return;
  throw new TerminalError(
    `Stat item ${index} is invalid: expected a player, a statistic and a finite number`,
  );
}
