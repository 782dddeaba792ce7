/**
 * AGS Statistics: numbers that are kept for players.
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

/** What to add, to which number, of whom. */
export interface StatIncrement {
  /** The player. */
  readonly userId: string;
  /** The statistic's code. */
  readonly statCode: string;
  /** How much to add; less than 0 takes away, where the statistic allows it. */
  readonly inc: number;
}

/** How a new value and the one that is there become one. */
export type UpdateStrategy = "INCREMENT" | "MAX" | "MIN" | "OVERRIDE";

/** One number of a player to change. */
export interface StatUpdate {
  /** The statistic's code; each only once in a request. */
  readonly statCode: string;
  /** What to do with `value`. */
  readonly updateStrategy: UpdateStrategy;
  /** The value. */
  readonly value: number;
  /** Comes back with the result. AGS does not say that it prevents repetitions. */
  readonly requestId?: string;
  /** Kept with the number. */
  readonly additionalData?: Readonly<Record<string, unknown>>;
}

/** Request of {@linkcode incrementStats}. */
export interface IncrementStatsRequest {
  /** What to add: 1 to 100 items. */
  readonly items: readonly StatIncrement[];
  /** What becomes of items that fail. @default {"throw"} */
  readonly failures?: OnFailures;
}

/** Request of {@linkcode updateStats}. */
export interface UpdateStatsRequest {
  /** The player. */
  readonly userId: string;
  /** What to change: 1 to 100 items. */
  readonly items: readonly StatUpdate[];
  /** What becomes of items that fail. @default {"throw"} */
  readonly failures?: OnFailures;
}

const INCREMENT =
  "/social/v1/admin/namespaces/{namespace}/statitems/value/bulk";
const UPDATE =
  "/social/v2/admin/namespaces/{namespace}/users/{userId}/statitems/value/bulk";

/** Most items of one request. AGS names no limit. */
const MAX_ITEMS = 100;

/**
 * Adds to numbers of many players at once.
 *
 * Items fail one by one, inside an answer that is a success. By default that
 * throws, because a result that nobody looks at would be a number that is silently
 * wrong. A handler that can go on passes `failures: "return"` and looks: it can
 * send the failed items once more, which a redelivery must not do, since that
 * would add those again that worked.
 *
 * There is no idempotency key, and a list is sent in one request or not at all:
 * split longer ones into events or calls that can fail on their own.
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
 * @param request What to add, to which statistic of whom.
 * @returns What became of each item, in AGS's order.
 * @throws {PartialFailureError} Items failed: no such statistic (12241), out of its
 * range (12275), …
 * @throws {AgsError} AGS refused the request (422/20002), or answered what are no
 * results of these items.
 * @throws {TerminalError} No item, more than 100, an item without a player or
 * statistic, or an `inc` that is no number; nothing is asked.
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
 * Changes numbers of one player, each by its own strategy.
 *
 * `MAX`, `MIN` and `OVERRIDE` can be repeated to no harm; `INCREMENT` adds again.
 * AGS works on the items at the same time, so one request names a statistic once.
 * Items that fail are treated as {@linkcode incrementStats} says.
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
 * @param request What to change, in which statistics of a player.
 * @returns What became of each item, in AGS's order.
 * @throws {PartialFailureError} Items failed.
 * @throws {AgsError} AGS refused the request (422/20002), or answered what are no
 * results of these items.
 * @throws {TerminalError} `userId` is empty, no item, more than 100, the same
 * statistic twice, an item without statistic or with a `value` that is no number;
 * nothing is asked.
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
      `Stat items are ${items.length}: expected 1 to ${MAX_ITEMS}`,
    );
  }
  const index = items.findIndex((item) =>
    item.statCode === "" || !isUsable(item)
  );
  if (index < 0) return;
  throw new TerminalError(
    `Stat item ${index} is not usable: expected a player, a statistic and a finite number`,
  );
}
