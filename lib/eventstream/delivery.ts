/**
 * Delivers one record to its end: attempts with growing delays, then the dead letters.
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

/** What a callback gets beside the event. */
export interface DeliveryContext {
  /** Ends when the subscription has to end, and its grace is over. */
  readonly signal: AbortSignal;
  /** How often the callback was called for this record here, from 1. */
  readonly attempt: number;
  /** The record as it is on the partition. */
  readonly record: StreamRecord;
}

/**
 * Does a record's work.
 *
 * @returns How it ended. Whoever returns a failure has logged it, and has kept the dead
 * letter of what is `rejected` or `exhausted`.
 * @throws Why the record cannot be handled: that is logged here, and its dead letter kept.
 */
export type RecordWork = (
  record: StreamRecord,
  context: DeliveryContext,
) => Result | Promise<Result>;

/** When to try again, and when to give up. */
export interface RetryOptions {
  /** Calls for one record, at most; then it goes to the dead letters. */
  readonly maxAttempts: number;
  /** The delay after the first failure, in milliseconds; doubles each time. */
  readonly baseDelay: number;
  /** The longest delay, in milliseconds. */
  readonly maxDelay: number;
}

/** Options of {@linkcode deliver}. */
export interface DeliverOptions {
  /** The group's full id. */
  readonly groupId: string;
  /** What is to be done. */
  readonly work: RecordWork;
  /** When to try again; `undefined` for at most once. */
  readonly retry: RetryOptions | undefined;
  /** Keeps a record that cannot be handled. It is called again until it resolves. */
  readonly deadLetter: (letter: DeadLetter) => Promise<void>;
  /** Who is told. */
  readonly observer: SafeObserver;
  /** Where failures go. */
  readonly log: Logger;
  /** Ends what the callback does. */
  readonly signal: AbortSignal;
}

/**
 * Delivers a record. What ends at once is answered at once, without a promise.
 *
 * @param stop Ends the waiting between attempts: the record is another's now.
 * @returns How it ended; `"revoked"` if it did not.
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

/** The results whose records are committed, and what they count as. */
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
  /** What the work returned; `undefined` when it threw. */
  readonly result?: Result;
  /** What went wrong. */
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
  // It was not begun, and whoever reads on after us begins with it.
  if (failed.result?.reason === "draining") return "revoked";
  const { baseDelay = 0, maxDelay = 0 } = options.retry ?? {};
  const asked = error instanceof EventError ? error.retryAfter ?? 0 : 0;
  const delay = Math.max(
    asked,
    growingDelay(attempt, { base: baseDelay, max: maxDelay }),
  );
  if (!stop.aborted) {
    const { groupId } = options;
    report("Event failed, and is tried again", failed, options, { delay });
    const again = { topic, partition, groupId, attempt, delay, error };
    options.observer.retried(again);
    await pause(delay, stop);
  }
  return stop.aborted ? "revoked" : undefined;
}

/** Writes the dead letter, and tries until it is written. */
async function bury(
  failed: Failed & { readonly reason: DeadReason },
  stop: AbortSignal,
  options: DeliverOptions,
): Promise<RecordOutcome> {
  const { record, attempt: attempts, error, reason } = failed;
  const { topic, partition } = record;
  const { groupId } = options;
  report("Event goes to the dead letters", failed, options, { reason });
  for (let attempt = 1; !stop.aborted; attempt++) {
    try {
      await options.deadLetter({ record, groupId, reason, attempts, error });
      options.observer.deadLettered({ topic, partition, groupId, reason });
      return "dead";
    } catch (error) {
      const again = { record, attempt, error };
      report("Dead letter is not written, and is tried again", again, options);
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
