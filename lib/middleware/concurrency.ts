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
  /** A number from 0 up to 1. @default {Math.random} */
  readonly random?: () => number;
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

/** Ends an event's wait: with nothing, it goes on; with a result, that is its answer. */
type Turn = (result?: Result) => void;

/**
 * Lets so many events in, has a few wait, first come first served, and answers the
 * others as overloaded at once: a caller that redelivers is a better queue than this
 * process's memory. The short queue takes what comes in bursts, which would otherwise
 * be sent a second time.
 *
 * Which event is refused when the queue is full is left to chance, among those that
 * wait and the one that comes. Otherwise a batch that is larger than limit and queue
 * would never be done: it comes again as a whole, in the same order, and its first
 * events, done long ago, would take all places each time.
 */
export function createConcurrency(options: ConcurrencyOptions): Concurrency {
  const { limit, queueLimit, queueTime = 1_000 } = options;
  const { random = Math.random } = options;
  const queue = new Set<Turn>();
  let running = 0;
  /** Events that came for the queue since it became full, and those in it then. */
  let burst = 0;

  async function middleware(
    delivery: Delivery,
    next: (delivery: Delivery) => Promise<Result>,
  ): Promise<Result> {
    if (delivery.isOverloaded) return OVERLOADED;
    if (running < limit) running++;
    else if (!hasRoom()) return OVERLOADED;
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
   * Whether the event that comes may wait. When the queue is full the lot decides, and
   * may refuse one that waits instead: each event since the queue became full is as
   * likely to be in it (reservoir sampling).
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
