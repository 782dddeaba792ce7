/**
 * Keeps the events that will not be delivered again.
 *
 * @module
 */

import type { DeadLetter, DeadLetterSink } from "../core/dead_letter.ts";
import type { Delivery, Middleware } from "../core/dispatcher.ts";
import { RetryableError } from "../core/errors.ts";
import type { Outcome, Result } from "../core/outcome.ts";

/** Options of {@linkcode deadLetter}. */
export interface DeadLetterOptions {
  /** Where letters go. */
  readonly sink: DeadLetterSink;
  /** Time for one letter, in milliseconds. @default {5000} */
  readonly timeout?: number;
  /** Told of each letter: for metrics. */
  readonly onLetter?: (outcome: Outcome, result: "written" | "failed") => void;
  /** Milliseconds since the epoch. @default {Date.now} */
  readonly now?: () => number;
}

/**
 * Writes a dead letter for an event that is rejected or exhausted, before it is
 * answered: that answer is the last that is heard of the event. When the letter
 * cannot be written, the event has failed instead, and comes again.
 */
export function deadLetter(options: DeadLetterOptions): Middleware {
  const { sink, timeout = 5_000, onLetter, now = Date.now } = options;
  return async (delivery, next) => {
    const result = await next(delivery);
    const { outcome, reason } = result;
    if (outcome !== "rejected" && outcome !== "exhausted") return result;
    // A handler's decision, and its caller knows of it: nothing is left to look at.
    if (reason === "refused") return result;
    try {
      // Not the event's own signal: its time may be up, which is no reason to lose it.
      await sink.write(
        letterOf(delivery, result, now()),
        AbortSignal.timeout(timeout),
      );
    } catch (cause) {
      onLetter?.(outcome, "failed");
      const error = new RetryableError(
        `Dead letter of an event that was ${outcome} could not be written`,
        { cause },
      );
      return { outcome: "failed", reason: "unavailable", error };
    }
    onLetter?.(outcome, "written");
    return result;
  };
}

function letterOf(
  delivery: Delivery,
  { outcome, reason, error, errorId }: Result,
  now: number,
): DeadLetter {
  const { event, bytes, digest, source, arrival, attempt, firstAt } = delivery;
  return {
    event,
    bytes,
    ...(digest !== undefined && { digest }),
    source,
    ...(delivery.sharedAs !== undefined && { handler: delivery.sharedAs }),
    ...(arrival !== undefined && { arrival }),
    outcome,
    reason,
    error,
    errorId,
    // The delivery that finds an event exhausted does not run it.
    attempts: outcome === "exhausted" ? Math.max(1, attempt - 1) : attempt,
    firstTime: firstAt ?? now,
    lastTime: now,
  };
}
