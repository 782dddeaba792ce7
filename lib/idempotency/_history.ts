/**
 * What stores keep about an event between its runs.
 *
 * @module
 */

import { NO_FAILURES, type Tally } from "../core/idempotency_store.ts";

/** The history of an event. */
export interface History {
  /** Runs started. */
  readonly attempt: number;
  /** Its failures. */
  readonly tally: Tally;
  /** When it was first claimed, in milliseconds since the epoch. */
  readonly firstAt: number;
}

/** The history with the next run. */
export function nextRun(before: History | undefined, now: number): History {
  return {
    attempt: (before?.attempt ?? 0) + 1,
    tally: before?.tally ?? NO_FAILURES,
    firstAt: before?.firstAt ?? now,
  };
}

/** The history of an event whose last run never reported its result. */
export function withCrash(lost: History, now: number): History {
  const { attempt, tally: { failures }, firstAt } = lost;
  return {
    attempt,
    tally: { failures: failures + 1, countedAt: now },
    firstAt,
  };
}
