/**
 * Writes dead letters.
 *
 * @module
 */

import type { DeadLetter, DeadLetterSink } from "../core/dead_letter.ts";
import type { Delivery, Middleware } from "../core/dispatcher.ts";
import { RetryableError } from "../core/errors.ts";
import type { Outcome, Result } from "../core/outcome.ts";

/** Options of {@linkcode deadLetter}. */
export interface DeadLetterOptions {
  /** The destination of dead letters. */
  readonly sink: DeadLetterSink;
  /**
   * Time limit for writing one dead letter, in milliseconds. @default {5000}
   */
  readonly timeout?: number;
  /** Called for each dead letter, for metrics. */
  readonly onLetter?: (outcome: Outcome, result: "written" | "failed") => void;
  /** Milliseconds since the epoch. @default {Date.now} */
  readonly now?: () => number;
}

/**
 * Writes a dead letter for a rejected or exhausted event before it is answered,
 * because the event is not delivered again after that answer. If the dead
 * letter cannot be written, the event fails instead and is delivered again.
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
      // Not the event's own signal: its deadline may have passed, which is no
      // reason to lose it.
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
