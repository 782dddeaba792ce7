/**
 * Delivers one record until it is finished: attempts with growing delays, then
 * a dead letter.
 *
 * @module
 */

import type { Logger } from "../core/context.ts";
import { EventError } from "../core/errors.ts";
import type { Outcome, Result } from "../core/outcome.ts";
import type { DeadLetter } from "./dead_letter.ts";
import { DecodingError } from "./errors.ts";
import type { DeadReason, RecordOutcome, SafeObserver } from "./observer.ts";
import type { StreamRecord } from "./record.ts";
import { growingDelay, pause } from "../core/async.ts";

/** What a callback gets with the event. */
export interface DeliveryContext {
  /** Aborts when the subscription ends and its grace period is over. */
  readonly signal: AbortSignal;
  /** How many times the callback was called for this record here, from 1. */
  readonly attempt: number;
  /** The record as read. */
  readonly record: StreamRecord;
}

/**
 * Processes a record.
 *
 * @returns The outcome. If it is a failure, the function has already logged it,
 * and has written the dead letter of a `rejected` or `exhausted` record.
 * @throws Why the record cannot be handled; the caller logs it and writes the
 * dead letter.
 */
export type RecordWork = (
  record: StreamRecord,
  context: DeliveryContext,
) => Result | Promise<Result>;

/** When to retry, and when to stop. */
export interface RetryOptions {
  /** The most calls for one record; then it becomes a dead letter. */
  readonly maxAttempts: number;
  /**
   * The delay after the first failure, in milliseconds; it doubles each time.
   */
  readonly baseDelay: number;
  /** The longest delay, in milliseconds. */
  readonly maxDelay: number;
}

/** Options of {@linkcode deliver}. */
export interface DeliverOptions {
  /** The group's full id. */
  readonly groupId: string;
  /** Processes the record. */
  readonly work: RecordWork;
  /** When to retry; `undefined` for at-most-once. */
  readonly retry: RetryOptions | undefined;
  /** Writes a dead letter. It is called again until it resolves. */
  readonly deadLetter: (letter: DeadLetter) => Promise<void>;
  /** The observer. */
  readonly observer: SafeObserver;
  /** Logs failures. */
  readonly log: Logger;
  /** Aborts the callback's work. */
  readonly signal: AbortSignal;
}

/**
 * Delivers a record. If the work ends synchronously, so does this, without a
 * promise.
 *
 * @param stop Aborts the wait between attempts, when the record goes to another
 * member.
 * @returns The outcome; `"revoked"` if the record is unfinished.
 */
export function deliver(
  record: StreamRecord,
  stop: AbortSignal,
  options: DeliverOptions,
): RecordOutcome | Promise<RecordOutcome> {
  const started = performance.now();
  const tell = (outcome: RecordOutcome, attempts: number) => {
    const { topic, partition } = record;
    options.observer.consumed({
      topic,
      partition,
      groupId: options.groupId,
      outcome,
      attempts,
      seconds: (performance.now() - started) / 1_000,
    });
    return outcome;
  };
  const first = { record, attempt: 1 };
  const again = async (failed: Failed) => {
    const { outcome, attempts } = await tryAgain(failed, stop, options);
    return tell(outcome, attempts);
  };
  const end = (result: Result) => {
    const outcome = FINISHED[result.outcome];
    return outcome === undefined
      ? again({ ...first, result, error: result.error })
      : tell(outcome, 1);
  };
  const fail = (error: unknown) => again({ ...first, error });
  try {
    const result = options.work(record, { ...first, signal: options.signal });
    return result instanceof Promise ? result.then(end, fail) : end(result);
  } catch (error) {
    return fail(error);
  }
}

/** The outcomes whose records are committed, and what they count as. */
const FINISHED: Readonly<Partial<Record<Outcome, RecordOutcome>>> = {
  handled: "handled",
  duplicate: "handled",
  rejected: "handled",
  exhausted: "handled",
  skipped: "skipped",
};

interface Ended {
  readonly outcome: RecordOutcome;
  readonly attempts: number;
}

/** An attempt that did not finish its record. */
interface Failed {
  readonly record: StreamRecord;
  readonly attempt: number;
  /** The returned result; `undefined` if it threw. */
  readonly result?: Result;
  /** The error. */
  readonly error: unknown;
}

/** All attempts after the first. */
async function tryAgain(
  first: Failed,
  stop: AbortSignal,
  options: DeliverOptions,
): Promise<Ended> {
  const { retry } = options;
  for (let failed = first;;) {
    const { attempt: attempts } = failed;
    if (retry === undefined && !(failed.error instanceof DecodingError)) {
      report("Event is dropped: at most once", failed, options);
      return { outcome: "dropped", attempts };
    }
    const reason = reasonOf(failed, retry);
    const ended = reason === undefined
      ? await waitAgain(failed, stop, options)
      : await bury({ ...failed, reason }, stop, options);
    if (ended !== undefined) return { outcome: ended, attempts };
    const next = await attemptAgain(failed, options);
    if (typeof next === "string") {
      return { outcome: next, attempts: attempts + 1 };
    }
    failed = next;
  }
}

async function attemptAgain(
  { record, attempt }: Failed,
  { work, signal }: DeliverOptions,
): Promise<RecordOutcome | Failed> {
  const next = { record, attempt: attempt + 1 };
  try {
    const result = await work(record, { ...next, signal });
    return FINISHED[result.outcome] ?? { ...next, result, error: result.error };
  } catch (error) {
    return { ...next, error };
  }
}

function reasonOf(
  { attempt, result, error }: Failed,
  retry: RetryOptions | undefined,
): DeadReason | undefined {
  if (result === undefined) {
    if (error instanceof DecodingError) return "undecodable";
    if (error instanceof EventError && !error.retryable) return "rejected";
  }
  return attempt >= (retry?.maxAttempts ?? 1) ? "exhausted" : undefined;
}

async function waitAgain(
  failed: Failed,
  stop: AbortSignal,
  options: DeliverOptions,
): Promise<"revoked" | undefined> {
  const { attempt, error, record: { topic, partition } } = failed;
  // It did not begin; the next reader of the partition starts with it.
  if (failed.result?.reason === "draining") return "revoked";
  const { baseDelay = 0, maxDelay = 0 } = options.retry ?? {};
  const asked = error instanceof EventError ? error.retryAfter ?? 0 : 0;
  const delay = Math.max(
    asked,
    growingDelay(attempt, { base: baseDelay, max: maxDelay }),
  );
  if (!stop.aborted) {
    const { groupId } = options;
    report("Event failed and will be retried", failed, options, { delay });
    const again = { topic, partition, groupId, attempt, delay, error };
    options.observer.retried(again);
    await pause(delay, stop);
  }
  return stop.aborted ? "revoked" : undefined;
}

/** Writes the dead letter, retrying until it succeeds. */
async function bury(
  failed: Failed & { readonly reason: DeadReason },
  stop: AbortSignal,
  options: DeliverOptions,
): Promise<RecordOutcome> {
  const { record, attempt: attempts, error, reason } = failed;
  const { topic, partition } = record;
  const { groupId } = options;
  report("Event becomes a dead letter", failed, options, { reason });
  for (let attempt = 1; !stop.aborted; attempt++) {
    try {
      await options.deadLetter({ record, groupId, reason, attempts, error });
      options.observer.deadLettered({ topic, partition, groupId, reason });
      return "dead";
    } catch (error) {
      const again = { record, attempt, error };
      report(
        "Dead letter could not be written and will be retried",
        again,
        options,
      );
      await pause(growingDelay(attempt, { base: 100, max: 10_000 }), stop);
    }
  }
  return "revoked";
}

function report(
  message: string,
  { record, attempt, result, error }: Failed,
  { log, groupId }: DeliverOptions,
  more: Readonly<Record<string, unknown>> = {},
): void {
  const { topic, partition, offset } = record;
  const place = { topic, partition, offset: String(offset), groupId };
  const why = result === undefined
    ? { error }
    : { outcome: result.outcome, reason: result.reason };
  log.warn(message, { ...place, attempt, ...why, ...more });
}
