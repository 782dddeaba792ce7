/**
 * How long one event may take.
 *
 * @module
 */

/** The time is up. */
export class DeadlineError extends Error {
  /** What logs call it. */
  override name = "DeadlineError";
}

/** The end of one event: its time is up, its caller has gone, or the app stops. */
export class Deadline implements Disposable {
  readonly #aborter = new AbortController();
  readonly #undo: (() => void)[] = [];

  /**
   * Starts the time.
   *
   * @param timeout Milliseconds.
   * @param signals What else ends it.
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
   * Waits for something, but not past the end. What it does afterwards is ignored.
   *
   * @throws The signal's reason, or what the promise is rejected with.
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
   * Takes the listeners away. They must not outlive the answer: Deno aborts a request's
   * signal after a good answer, too, and complains about those who listen then.
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
