/**
 * Bounds how many events are handled at once, and how many wait for their turn.
 *
 * @module
 */

import type { Delivery, Middleware } from "../core/dispatcher.ts";
import { endedResult, OVERLOADED, type Result } from "../core/outcome.ts";

/** Options of {@linkcode createConcurrency}. */
export interface ConcurrencyOptions {
  /** Events handled at once, over all handlers (`MAX_CONCURRENCY`). */
  readonly limit: number;
  /** Events that wait for their turn (`MAX_QUEUE`); 0: none. */
  readonly queueLimit: number;
  /** Longest wait, in milliseconds. @default {1000} */
  readonly queueTime?: number;
}

/** A bound, and how much of it is in use. */
export interface Concurrency {
  /** The policy. */
  readonly middleware: Middleware;
  /** Events that are being handled. */
  readonly running: number;
  /** Events that wait for their turn. */
  readonly queued: number;
}

/** Lets the longest waiting event go on. */
type Turn = () => void;

/**
 * Lets so many events in, has a few wait, first come first served, and answers the
 * others as overloaded at once: a caller that redelivers is a better queue than this
 * process's memory. The short queue takes what comes in bursts, which would otherwise
 * be sent a second time.
 */
export function createConcurrency(options: ConcurrencyOptions): Concurrency {
  const { limit, queueLimit, queueTime = 1_000 } = options;
  const queue = new Set<Turn>();
  let running = 0;

  async function middleware(
    delivery: Delivery,
    next: (delivery: Delivery) => Promise<Result>,
  ): Promise<Result> {
    if (running < limit) running++;
    else if (queue.size >= queueLimit) return OVERLOADED;
    else {
      // Its place is handed over by the event that ends.
      const refusal = await turn(delivery);
      if (refusal !== undefined) return refusal;
    }
    try {
      return await next(delivery);
    } finally {
      leave();
    }
  }

  /** Waits for a place. A result: there was none in time. */
  function turn(delivery: Delivery): Promise<Result | undefined> {
    const { controller: { signal } } = delivery;
    return new Promise((resolve) => {
      const end = (result: Result | undefined) => {
        queue.delete(go);
        clearTimeout(timer);
        signal.removeEventListener("abort", onAbort);
        resolve(result);
      };
      const go = () => end(undefined);
      const onAbort = () => end(endedResult(signal.reason));
      const timer = setTimeout(() => end(OVERLOADED), queueTime);
      signal.addEventListener("abort", onAbort);
      queue.add(go);
      if (signal.aborted) onAbort();
    });
  }

  function leave(): void {
    const [first] = queue;
    if (first === undefined) running--;
    else first();
  }

  return {
    middleware,
    get running() {
      return running;
    },
    get queued() {
      return queue.size;
    },
  };
}
