/**
 * The time limit of one event.
 *
 * @module
 */

/** The deadline has passed. */
export class DeadlineError extends Error {
  /** What logs call it. */
  override name = "DeadlineError";
}

/**
 * Ends one event: its deadline has passed, its caller has disconnected, or the
 * app is stopping.
 */
export class Deadline implements Disposable {
  readonly #aborter = new AbortController();
  readonly #undo: (() => void)[] = [];

  /**
   * Starts the clock.
   *
   * @param timeout Milliseconds.
   * @param signals Further signals that end it.
   */
  constructor(timeout: number, signals: readonly (AbortSignal | undefined)[]) {
    const timer = setTimeout(
      () => this.#end(new DeadlineError(`Event has taken ${timeout} ms`)),
      timeout,
    );
    this.#undo.push(() => clearTimeout(timer));
    for (const signal of signals) {
      if (signal !== undefined) this.#follow(signal);
    }
  }

  /** Aborts at the end. */
  get signal(): AbortSignal {
    return this.#aborter.signal;
  }

  /**
   * Waits for a promise until the end. Its later result is ignored.
   *
   * @throws The signal's reason, or the promise's error.
   */
  wait<T>(promise: Promise<T>): Promise<T> {
    const { signal } = this;
    return new Promise((resolve, reject) => {
      const onAbort = () => reject(signal.reason);
      if (signal.aborted) onAbort();
      else signal.addEventListener("abort", onAbort, { once: true });
      promise.then(resolve, reject).finally(() =>
        signal.removeEventListener("abort", onAbort)
      );
    });
  }

  /**
   * Removes the listeners. They must not outlive the answer: Deno also aborts a
   * request's signal after a successful answer, and warns about listeners.
   */
  [Symbol.dispose](): void {
    for (const undo of this.#undo) undo();
  }

  #follow(signal: AbortSignal): void {
    if (signal.aborted) return this.#end(signal.reason);
    const onAbort = () => this.#end(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    this.#undo.push(() => signal.removeEventListener("abort", onAbort));
  }

  #end(reason: unknown): void {
    if (!this.signal.aborted) this.#aborter.abort(reason);
  }
}
