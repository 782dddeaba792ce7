/**
 * Which failures of an event count towards `MAX_ATTEMPTS`.
 *
 * Two things are to be told apart: an event that will never work, which must not
 * hold its batch for ever, and a world that does not work now, in which every event
 * fails, is redelivered at once and fails again, and none may be set aside for that.
 *
 * - A **bug** (the handler threw what nobody has called temporary) counts each time,
 *   and so do a message that is **not read** (too large, or compressed in a way that is
 *   not known) and a run that **never reported back** (the process died; the store
 *   counts those).
 * - A **temporary** failure (`RetryableError`, AGS down or limiting requests, the
 *   deadline) counts at most once a minute while other events of the same type are
 *   handled: then it is about this event. While none is, it counts at most once an
 *   hour: then nothing tells it from an outage. With the default of 10 that is a bad
 *   event cut off after ten minutes, and an outage of nine hours in which nothing is
 *   set aside.
 * - What its error calls an **outage** (the login, a permission that the client lacks,
 *   AGS not being asked any more) counts at most once an hour, whatever else is
 *   handled: it is not about this event, and ends when an operator has acted.
 * - What says nothing of the event does **not** count: the caller cancelled, the
 *   service shuts down or is overloaded, the store cannot say, another replica has
 *   the event.
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

/** Between two temporary failures that count while others are handled: a minute. */
const WORKING_INTERVAL = 60_000;
/** Between two that count while none is: an hour. */
const OUTAGE_INTERVAL = 3_600_000;

/** What is known when a run has failed. Times are milliseconds since the epoch. */
export interface FailedRun {
  /** How it ended. */
  readonly result: Result;
  /** Why its signal ended, if it did. */
  readonly endedBy: unknown;
  /** The failures before. */
  readonly tally: Tally;
  /** When an event of the same type was last handled here; 0: never. */
  readonly lastHandledAt: number;
  /** Now. */
  readonly now: number;
}

/** The failures with this one, if it counts. */
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

/** What is about the event, whatever the world is like. */
const CERTAIN: ReadonlySet<Reason> = new Set([
  "bug",
  "too_large",
  "unreadable",
]);

function isOutage(error: unknown): boolean {
  return error instanceof EventError && error.isOutage;
}

/** Whether an error is about this service instead of the event. */
function saysNothing(error: unknown): boolean {
  return error instanceof ShutdownError || error instanceof StoreError ||
    error instanceof ClaimError;
}
