/**
 * Limits how many events are handled concurrently, and how many are queued.
 *
 * @module
 */

import type { Delivery, Middleware } from "../core/dispatcher.ts";
import { endedResult, OVERLOADED, type Result } from "../core/outcome.ts";

/** Options of {@linkcode createConcurrency}. */
export interface ConcurrencyOptions {
  /** Events handled concurrently, over all handlers (`MAX_CONCURRENCY`). */
  readonly limit: number;
  /** Events that may be queued (`MAX_QUEUE`); 0: none. */
  readonly queueLimit: number;
  /** Longest wait, in milliseconds. @default {1000} */
  readonly queueTime?: number;
  /** A number from 0 up to 1. @default {Math.random} */
  readonly random?: () => number;
}

/** The limit and its current use. */
export interface Concurrency {
  /** The policy. */
  readonly middleware: Middleware;
  /** Events that are being handled. */
  readonly running: number;
  /** Queued events. */
  readonly queued: number;
}

/**
 * Ends an event's wait: without a result it proceeds; with a result, that is
 * its answer.
 */
type Turn = (result?: Result) => void;

/**
 * Admits a number of events, queues a few more, first come, first served, and
 * answers the rest as overloaded at once: a caller that redelivers is a better
 * queue than this process's memory. The short queue absorbs bursts, which would
 * otherwise be redelivered.
 *
 * If the queue is full, the refused event is chosen at random among the queued
 * ones and the new one. Otherwise a batch larger than limit and queue together
 * would never finish: it is redelivered whole, in the same order, and its first
 * events, done long ago, would take all places each time.
 */
export function createConcurrency(options: ConcurrencyOptions): Concurrency {
  const { limit, queueLimit, queueTime = 1_000 } = options;
  const { random = Math.random } = options;
  const queue = new Set<Turn>();
  let running = 0;
  /**
   * Events that tried to join the queue since it became full, plus those in it
   * then.
   */
  let burst = 0;

  async function middleware(
    delivery: Delivery,
    next: (delivery: Delivery) => Promise<Result>,
  ): Promise<Result> {
    if (delivery.isOverloaded) return OVERLOADED;
    if (running < limit) running++;
    else if (!hasRoom()) return OVERLOADED;
    else {
      // The event that ends hands its place over.
      const refusal = await turn(delivery);
      if (refusal !== undefined) return refusal;
    }
    try {
      return await next(delivery);
    } finally {
      leave();
    }
  }

  /** Waits for a place. Returns a result if there was none in time. */
  function turn(delivery: Delivery): Promise<Result | undefined> {
    const { controller: { signal } } = delivery;
    return new Promise((resolve) => {
      const end: Turn = (result) => {
        queue.delete(end);
        clearTimeout(timer);
        signal.removeEventListener("abort", onAbort);
        resolve(result);
      };
      const onAbort = () => end(endedResult(signal.reason));
      const timer = setTimeout(() => end(OVERLOADED), queueTime);
      signal.addEventListener("abort", onAbort);
      queue.add(end);
      if (signal.aborted) onAbort();
    });
  }

  /**
   * Whether the new event may wait. If the queue is full, this is decided at
   * random and may refuse a queued event instead: each event since the queue
   * became full is equally likely to be in it (reservoir sampling).
   */
  function hasRoom(): boolean {
    if (queue.size < queueLimit) {
      burst = queue.size + 1;
      return true;
    }
    burst++;
    const chosen = Math.floor(random() * burst);
    const turn = queue.values().drop(chosen).next().value;
    turn?.(OVERLOADED);
    return turn !== undefined;
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
