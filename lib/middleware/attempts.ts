/**
 * Decides which failures of an event count towards `MAX_ATTEMPTS`.
 *
 * This has to distinguish two situations: an event that can never succeed,
 * which must not block its batch for ever, and an outage, in which every event
 * fails, is redelivered at once and fails again, and none may become a dead
 * letter because of that.
 *
 * - A **bug** (the handler threw an error that is not marked as temporary)
 *   counts each time. So do a message that was **not read** (too large, or
 *   compressed with an unknown algorithm) and a run that **never reported its
 *   result** (the process died; the store counts it).
 * - A **temporary** failure (`RetryableError`, AGS down or rate limiting, the
 *   deadline) counts at most once a minute while other events of the same type
 *   are handled, because it then concerns this event. Otherwise it counts at
 *   most once an hour, because nothing distinguishes it from an outage. With
 *   the default of 10, a bad event stops after ten minutes, and an outage may
 *   last nine hours before any event becomes a dead letter.
 * - An **outage** by its error (the login, a permission that the client lacks,
 *   an open breaker) counts at most once an hour, whatever else is handled: it
 *   does not concern this event, and ends when an operator acts.
 * - Failures that say nothing about the event do **not** count: the caller
 *   cancelled, the service is shutting down or overloaded, the store does not
 *   answer, another replica has the event.
 *
 * @module
 */

import { EventError, ShutdownError } from "../core/errors.ts";
import {
  ClaimError,
  StoreError,
  type Tally,
} from "../core/idempotency_store.ts";
import type { Reason, Result } from "../core/outcome.ts";

/**
 * The interval between counted temporary failures while others are handled: a
 * minute.
 */
const WORKING_INTERVAL = 60_000;
/** The interval while none is handled: an hour. */
const OUTAGE_INTERVAL = 3_600_000;

/** The state after a failed run. Times are milliseconds since the epoch. */
export interface FailedRun {
  /** The result. */
  readonly result: Result;
  /** Why its signal aborted, if it did. */
  readonly endedBy: unknown;
  /** The failures before this run. */
  readonly tally: Tally;
  /** When an event of the same type was last handled here; 0 if never. */
  readonly lastHandledAt: number;
  /** The current time. */
  readonly now: number;
}

/** The failures including this one, if it counts. */
export function countFailure(failed: FailedRun): Tally {
  const { tally, now } = failed;
  return counts(failed)
    ? { failures: tally.failures + 1, countedAt: now }
    : tally;
}

function counts(failed: FailedRun): boolean {
  const { result, endedBy, tally: { countedAt }, lastHandledAt, now } = failed;
  if (CERTAIN.has(result.reason)) return true;
  if (result.reason !== "unavailable" && result.reason !== "deadline") {
    return false;
  }
  if (saysNothing(result.error) || saysNothing(endedBy)) return false;
  const isAboutEvent = lastHandledAt > countedAt && !isOutage(result.error);
  const interval = isAboutEvent ? WORKING_INTERVAL : OUTAGE_INTERVAL;
  return now - countedAt >= interval;
}

/** Reasons that always concern the event. */
const CERTAIN: ReadonlySet<Reason> = new Set([
  "bug",
  "too_large",
  "unreadable",
]);

function isOutage(error: unknown): boolean {
  return error instanceof EventError && error.isOutage;
}

/** Whether an error concerns this service instead of the event. */
function saysNothing(error: unknown): boolean {
  return error instanceof ShutdownError || error instanceof StoreError ||
    error instanceof ClaimError;
}
