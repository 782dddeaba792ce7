/**
 * Outcomes of events: the one vocabulary of answers, logs and metrics.
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
import { verdictOf } from "./verdict.ts";

/**
 * The outcome of an event. The string is the log field and the metric label.
 */
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
 * The reason: finer than the outcome if one outcome has several answers. A
 * source maps it to its own protocol (gRPC: `lib/grpc/status.ts`).
 */
export type Reason =
  | "handled"
  | "skipped"
  | "duplicate"
  | "bad_event"
  | "bad_state"
  | "refused"
  | "unavailable"
  | "deadline"
  | "draining"
  | "bug"
  | "too_large"
  | "unreadable"
  | "exhausted"
  | "overloaded"
  | "cancelled";

/** The result of one delivery. */
export interface Result {
  /** The outcome. */
  readonly outcome: Outcome;
  /** The reason. */
  readonly reason: Reason;
  /** What was thrown: for the log, never for the peer. */
  readonly error?: unknown;
  /** Links a peer's fixed answer to the log line with the details. */
  readonly errorId?: string;
  /**
   * The handler's answer, encoded by the source's `encode`; absent for most
   * events.
   */
  readonly answer?: unknown;
  /** In words, why the handler was not called. */
  readonly why?: string;
}

/** The handler resolved. */
export const HANDLED: Result = { outcome: "handled", reason: "handled" };
/** Not for this app: another namespace, or filtered by the handler. */
export const SKIPPED: Result = { outcome: "skipped", reason: "skipped" };
/** Already handled, or handled by a concurrent delivery. */
export const DUPLICATE: Result = { outcome: "duplicate", reason: "duplicate" };

/** The same, with a text for each result of the claim. */
export const DUPLICATES: Readonly<Record<Ending | "shared", Result>> = {
  done: { ...DUPLICATE, why: "This id was handled before" },
  dead_letter: {
    ...DUPLICATE,
    why: "This id is a dead letter: only a replay runs it",
  },
  shared: {
    ...DUPLICATE,
    why: "Another delivery of this id was being handled and has succeeded",
  },
};
/** The concurrency limit is reached. */
export const OVERLOADED: Result = {
  outcome: "overloaded",
  reason: "overloaded",
};
/** The service accepts no new events. */
export const DRAINING: Result = {
  outcome: "failed",
  reason: "draining",
  error: new ShutdownError("Service is draining"),
};

/**
 * Classifies an error that a handler threw.
 *
 * An aborted signal explains the error better than the error itself (a fetch
 * rejects because the deadline passed), unless the handler threw an explicit
 * verdict.
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
  const verdict = verdictOf(error);
  if (verdict === "refuse") {
    return { outcome: "rejected", reason: "refused", error };
  }
  if (verdict === "reject") {
    return { outcome: "rejected", reason: "bad_state", error };
  }
  if (signal.aborted) return endedResult(signal.reason, error);
  if (verdict === "retry") {
    return { outcome: "failed", reason: "unavailable", error };
  }
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

/** The result of an event whose signal aborted with `reason`. */
export function endedResult(reason: unknown, error: unknown = reason): Result {
  if (reason instanceof DeadlineError) {
    return { outcome: "failed", reason: "deadline", error };
  }
  if (reason instanceof CancelledError) {
    return { outcome: "cancelled", reason: "cancelled", error };
  }
  return { outcome: "failed", reason: "unavailable", error };
}

/**
 * Worst first: failures that need a redelivery, then permanent failures, then
 * done.
 */
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
 * The combined result of an event that several handlers took: the worst one,
 * because a failed handler needs a redelivery whatever the others did. It keeps
 * the answer of the handler that gave one.
 *
 * @param results At least one.
 */
export function worstOf(results: readonly Result[]): Result {
  const worst = results.reduce((one, other) =>
    RANKS.indexOf(other.outcome) < RANKS.indexOf(one.outcome) ? other : one
  );
  const answer = results.find((result) => result.answer !== undefined)?.answer;
  return answer === undefined ? worst : { ...worst, answer };
}
