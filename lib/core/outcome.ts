/**
 * How an event ended: the one vocabulary of answers, logs and metrics.
 *
 * @module
 */

import type { Ending } from "./idempotency_store.ts";
import {
  CancelledError,
  DeadlineError,
  EventError,
  ExhaustedError,
  ShutdownError,
  UnreadableError,
} from "./errors.ts";

/** How an event ended. The string is the log field and the metric label. */
export type Outcome =
  | "handled"
  | "skipped"
  | "duplicate"
  | "rejected"
  | "failed"
  | "exhausted"
  | "overloaded"
  | "cancelled";

/**
 * Why: finer than the outcome where one outcome has several answers. A source
 * maps it to its own protocol (gRPC: `lib/grpc/status.ts`).
 */
export type Reason =
  | "handled"
  | "skipped"
  | "duplicate"
  | "bad_event"
  | "bad_state"
  | "unavailable"
  | "deadline"
  | "draining"
  | "bug"
  | "too_large"
  | "unreadable"
  | "exhausted"
  | "overloaded"
  | "cancelled";

/** The end of one delivery. */
export interface Result {
  /** How it ended. */
  readonly outcome: Outcome;
  /** Why it ended so. */
  readonly reason: Reason;
  /** What was thrown. Details for the log: never for the peer. */
  readonly error?: unknown;
  /** Ties a peer's fixed answer to the log line that has the details. */
  readonly errorId?: string;
  /** The handler's answer, as the source's `encode` made it; absent for most events. */
  readonly answer?: unknown;
  /** In plain words, why the handler was not called for what needs no handling. */
  readonly why?: string;
}

/** The handler resolved. */
export const HANDLED: Result = { outcome: "handled", reason: "handled" };
/** Not for this app: another namespace, or filtered by the handler. */
export const SKIPPED: Result = { outcome: "skipped", reason: "skipped" };
/** Dealt with before, or by another delivery at the same time. */
export const DUPLICATE: Result = { outcome: "duplicate", reason: "duplicate" };

/** The same, in words, by what claiming the event found. */
export const DUPLICATES: Readonly<Record<Ending | "shared", Result>> = {
  done: { ...DUPLICATE, why: "This id was handled before" },
  set_aside: {
    ...DUPLICATE,
    why:
      "This id was given up before: only a replay of its dead letter runs it",
  },
  shared: {
    ...DUPLICATE,
    why: "Another delivery of this id was being handled, and has been",
  },
};
/** The concurrency limit is reached. */
export const OVERLOADED: Result = {
  outcome: "overloaded",
  reason: "overloaded",
};
/** The service takes no new events. */
export const DRAINING: Result = {
  outcome: "failed",
  reason: "draining",
  error: new ShutdownError("Service is draining"),
};

/**
 * Classifies whatever a handler threw.
 *
 * An ended signal explains the error better than the error itself does (a fetch
 * rejects because the deadline passed), unless the handler was sure.
 *
 * @param error What was thrown.
 * @param signal The event's signal.
 */
export function resultOf(error: unknown, signal: AbortSignal): Result {
  if (error instanceof ExhaustedError) {
    return { outcome: "exhausted", reason: "exhausted", error };
  }
  if (error instanceof EventError && !error.retryable) {
    const reason = error.fault === "state" ? "bad_state" : "bad_event";
    return { outcome: "rejected", reason, error };
  }
  if (signal.aborted) return endedResult(signal.reason, error);
  if (error instanceof UnreadableError) {
    return { outcome: "failed", reason: error.why, error };
  }
  if (error instanceof EventError) {
    return { outcome: "failed", reason: "unavailable", error };
  }
  return {
    outcome: "failed",
    reason: "bug",
    error,
    errorId: crypto.randomUUID(),
  };
}

/** The result of an event whose signal ended with `reason`. */
export function endedResult(reason: unknown, error: unknown = reason): Result {
  if (reason instanceof DeadlineError) {
    return { outcome: "failed", reason: "deadline", error };
  }
  if (reason instanceof CancelledError) {
    return { outcome: "cancelled", reason: "cancelled", error };
  }
  return { outcome: "failed", reason: "unavailable", error };
}

/** Worst first: what has to come again, before what must not, before what is done. */
const RANKS: readonly Outcome[] = [
  "failed",
  "overloaded",
  "cancelled",
  "rejected",
  "exhausted",
  "handled",
  "duplicate",
  "skipped",
];

/**
 * The result of an event that several handlers took: the worst of theirs, since what
 * has failed has to come again whatever became of the others. With the answer of the
 * one that gave one.
 *
 * @param results One or more.
 */
export function worstOf(results: readonly Result[]): Result {
  const worst = results.reduce((one, other) =>
    RANKS.indexOf(other.outcome) < RANKS.indexOf(one.outcome) ? other : one
  );
  const answer = results.find((result) => result.answer !== undefined)?.answer;
  return answer === undefined ? worst : { ...worst, answer };
}
