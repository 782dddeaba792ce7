/**
 * What became of the events, by AGS's own books: what the service says of itself
 * does not count.
 *
 * @module
 */

import type { Delivered } from "./connector.ts";

/** The books. */
export interface Books {
  /** How often AGS granted a player the item. */
  readonly grants: (userId: string) => number;
  /** The numbers of the events that were set aside as dead letters. */
  readonly letters: ReadonlySet<number>;
}

/** What became of the events of one run. */
export interface Tally {
  /** Deliveries, each one counted. */
  readonly delivered: number;
  /** Events that AGS has granted something for. */
  readonly handled: number;
  /** Deliveries that were answered OK without a grant of their own. */
  readonly absorbed: number;
  /** Events that AGS has granted more than once for. */
  readonly twice: number;
  /** Events that AGS has granted nothing for, and that are no dead letter either. */
  readonly lost: number;
  /** Events that are dead letters. */
  readonly deadLettered: number;
  /** Events whose caller was never told that they are done. */
  readonly unfinished: number;
}

/** Adds it all up. */
export function account(
  events: readonly Delivered[],
  { grants, letters }: Books,
): Tally {
  const each = events.map((delivered) => ({
    ...delivered,
    granted: grants(delivered.event.userId),
    isLetter: letters.has(delivered.event.number),
  }));
  const count = (isCounted: (one: typeof each[number]) => boolean) =>
    each.filter(isCounted).length;
  return {
    delivered: each.reduce((sum, { deliveries }) => sum + deliveries, 0),
    handled: count(({ granted }) => granted > 0),
    absorbed: each.reduce(
      (sum, { oks, granted }) => sum + Math.max(0, oks - granted),
      0,
    ),
    twice: count(({ granted }) => granted > 1),
    lost: count(({ granted, isLetter }) => granted === 0 && !isLetter),
    deadLettered: count(({ isLetter }) => isLetter),
    unfinished: count(({ isUnfinished }) => isUnfinished),
  };
}
