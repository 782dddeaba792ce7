/**
 * Runs the handlers of events that are answered first.
 *
 * @module
 */

import { Deadline } from "./deadline.ts";
import { Budget } from "./limits.ts";

/** Options of {@linkcode Background}. */
export interface BackgroundOptions {
  /** The most concurrent handlers. */
  readonly limit: number;
  /** Time limit for each, in milliseconds. */
  readonly timeout: number;
}

/** Handlers of non-blocking events, running until the app stops. */
export class Background {
  readonly #timeout: number;
  readonly #budget: Budget;
  readonly #running = new Set<Promise<void>>();
  readonly #stop = new AbortController();

  /** Starts empty. */
  constructor({ limit, timeout }: BackgroundOptions) {
    this.#timeout = timeout;
    this.#budget = new Budget(limit, "background events");
  }

  /**
   * Starts a handler.
   *
   * @param run The handler; its signal aborts at its deadline or when the app
   * stops.
   * @param onError Receives its error.
   * @returns Settles when it has ended; never rejects.
   * @throws {OverloadedError} Too many are running.
   */
  start(
    run: (signal: AbortSignal) => unknown,
    onError: (error: unknown) => void,
  ): Promise<void> {
    // A handler that ignores its signal keeps its place until it ends.
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
    // After the answer, which a handler that begins with long work would delay.
    await Promise.resolve();
    using deadline = new Deadline(this.#timeout, [this.#stop.signal]);
    try {
      await run(deadline.signal);
    } catch (error) {
      onError(error);
    }
  }

  /**
   * Settles when all have ended. If the signal aborts, theirs abort too, and it
   * settles at once.
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
