/**
 * Runs the handlers of events that are answered before they are handled.
 *
 * @module
 */

import { Deadline } from "./deadline.ts";
import { Budget } from "./limits.ts";

/** Options of {@linkcode Background}. */
export interface BackgroundOptions {
  /** Most that run at once. */
  readonly limit: number;
  /** Time for each, in milliseconds. */
  readonly timeout: number;
}

/** Handlers that nobody waits for, until the app stops. */
export class Background {
  readonly #timeout: number;
  readonly #budget: Budget;
  readonly #running = new Set<Promise<void>>();
  readonly #stop = new AbortController();

  /** Runs nothing yet. */
  constructor({ limit, timeout }: BackgroundOptions) {
    this.#timeout = timeout;
    this.#budget = new Budget(limit, "events in the background");
  }

  /**
   * Starts something.
   *
   * @param run It, with a signal that ends when its time is up or the app stops.
   * @param onError Gets what it throws.
   * @returns Settles when it has ended; never rejects.
   * @throws {OverloadedError} Too much is running.
   */
  start(
    run: (signal: AbortSignal) => unknown,
    onError: (error: unknown) => void,
  ): Promise<void> {
    // One that ignores its signal keeps its place until it ends.
    this.#budget.take(1);
    const running = this.#run(run, onError).finally(() => {
      this.#budget.give(1);
      this.#running.delete(running);
    });
    this.#running.add(running);
    return running;
  }

  async #run(
    run: (signal: AbortSignal) => unknown,
    onError: (error: unknown) => void,
  ): Promise<void> {
    // After the answer: a handler that begins with long work would hold it up.
    await Promise.resolve();
    using deadline = new Deadline(this.#timeout, [this.#stop.signal]);
    try {
      await run(deadline.signal);
    } catch (error) {
      onError(error);
    }
  }

  /**
   * Settles when all have ended. When the signal aborts, theirs do, too, and it settles
   * at once.
   */
  async drain(signal?: AbortSignal): Promise<void> {
    while (this.#running.size > 0) {
      if (signal?.aborted) return this.#stop.abort(signal.reason);
      const { promise: aborted, resolve } = Promise.withResolvers<void>();
      const onAbort = () => resolve();
      signal?.addEventListener("abort", onAbort, { once: true });
      await Promise.race([Promise.allSettled(this.#running), aborted]);
      signal?.removeEventListener("abort", onAbort);
    }
  }
}
