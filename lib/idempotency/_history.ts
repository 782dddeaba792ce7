/**
 * What stores keep of an event between its runs.
 *
 * @module
 */

import { NO_FAILURES, type Tally } from "../core/idempotency_store.ts";

/** What is known of an event that has been run. */
export interface History {
  /** Runs begun. */
  readonly attempt: number;
  /** Its failures. */
  readonly tally: Tally;
  /** When it was first claimed, in milliseconds since the epoch. */
  readonly firstAt: number;
}

/** The run of an event after what is known of it. */
export function nextRun(before: History | undefined, now: number): History {
  return {
    attempt: (before?.attempt ?? 0) + 1,
    tally: before?.tally ?? NO_FAILURES,
    firstAt: before?.firstAt ?? now,
  };
}

/** What is known of an event whose last run never reported back. */
export function withCrash(lost: History, now: number): History {
  const { attempt, tally: { failures }, firstAt } = lost;
  return {
    attempt,
    tally: { failures: failures + 1, countedAt: now },
    firstAt,
  };
}
