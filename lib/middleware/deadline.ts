/**
 * Enforces the deadline of each event.
 *
 * @module
 */

import type { Middleware } from "../core/dispatcher.ts";
import { DeadlineError } from "../core/errors.ts";
import { endedResult, type Result, resultOf } from "../core/outcome.ts";

/** Options of {@linkcode deadline}. */
export interface DeadlineOptions {
  /**
   * Time limit for one event, in milliseconds, unless its handler sets its own.
   */
  readonly timeout: number;
  /** Milliseconds since the epoch. @default {Date.now} */
  readonly now?: () => number;
}

/**
 * How long a handler may take to end after its signal aborts, before its event
 * is answered without it, in milliseconds. A handler that ends gives a better
 * answer: it cleans up, and its error says what it waited for.
 */
const HEED_TIME = 100;

/**
 * Aborts an event at the earlier of the caller's deadline and the handler's
 * timeout.
 *
 * A handler that observes `ctx.signal` ends by itself. One that does not keeps
 * running, and its event is answered anyway: a caller never waits for ever.
 */
export function deadline(options: DeadlineOptions): Middleware {
  const now = options.now ?? Date.now;
  return (delivery, next) => {
    const { controller, handler } = delivery;
    const { signal } = controller;
    const start = now();
    const own = start + (handler.options.timeout ?? options.timeout);
    const end = Math.min(delivery.deadline ?? own, own);
    delivery.deadline = end;
    if (end <= start) {
      controller.abort(new DeadlineError("Event arrived after its deadline"));
    }
    return new Promise<Result>((resolve) => {
      let timer = setTimeout(() => {
        controller.abort(
          new DeadlineError(`Event took longer than ${end - start} ms`),
        );
      }, Math.max(0, end - start));
      const onAbort = () => {
        clearTimeout(timer);
        timer = setTimeout(
          () => settle(endedResult(signal.reason)),
          HEED_TIME,
        );
      };
      const settle = (result: Result) => {
        clearTimeout(timer);
        signal.removeEventListener("abort", onAbort);
        resolve(result);
      };
      signal.addEventListener("abort", onAbort);
      // An aborted signal does not notify new listeners.
      if (signal.aborted) onAbort();
      Promise.try(next, delivery).then(
        settle,
        (error) => settle(resultOf(error, signal)),
      );
    });
  };
}
