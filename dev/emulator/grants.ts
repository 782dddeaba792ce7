/**
 * Granting: the part that both fulfillment operations share.
 *
 * @module
 */

import { type Catalog, isOwnedOnce } from "./catalog.ts";
import type { GrantOrder } from "./entitlement.ts";
import { agsError, type Answer } from "./errors.ts";
import type { JournalWriter } from "./journal.ts";
import type { Ledger } from "./ledger.ts";
import { type Summaries, summarize } from "./summaries.ts";

/** What the platform service works with. */
export interface PlatformOptions {
  /** Namespace of the game. */
  readonly namespace: string;
  /** Items of the store. */
  readonly catalog: Catalog;
  /** What players own. */
  readonly ledger: Ledger;
  /** Where grants are noted. */
  readonly journal: JournalWriter;
  /** Time in milliseconds since the epoch. */
  readonly now: () => number;
}

/** To whom a grant goes and which operation makes it. */
export interface GrantNote {
  /** Player. */
  readonly userId: string;
  /** Operation. */
  readonly api: "v1" | "v3";
  /** Transaction identifier; v3 only. */
  readonly transactionId?: string;
}

/**
 * Grants all orders, or none.
 *
 * @param options Ledger and journal.
 * @param orders What to grant.
 * @param note To whom, and by which operation.
 * @returns The summary lists, or the answer that refuses the whole.
 */
export function grantAll(
  { namespace, ledger, journal, now }: PlatformOptions,
  orders: readonly GrantOrder[],
  note: GrantNote,
): Summaries | Answer {
  const { userId } = note;
  const owned = new Set<string>();
  for (const order of orders) {
    const { item } = order;
    const refusal = ledger.refusal(userId, order);
    if (refusal === "endDateRequired") {
      return agsError(400, {
        errorCode: 38122,
        errorMessage: "Subscription endDate required",
      });
    }
    if (refusal === "alreadyOwned" || owned.has(item.itemId)) {
      return agsError(400, {
        errorCode: 38121,
        errorMessage: "Duplicate permanent item exists",
      });
    }
    if (isOwnedOnce(item)) owned.add(item.itemId);
  }
  const time = now();
  const results = orders.map((order) => {
    const { item, quantity } = order;
    const result = ledger.grant(userId, order);
    journal.addGrant({ time, itemId: item.itemId, quantity, ...note });
    return { item, result };
  });
  return summarize(results, { namespace, userId });
}

/** Whether {@linkcode grantAll} or a helper refused. */
export function isAnswer(value: object): value is Answer {
  return "status" in value;
}
