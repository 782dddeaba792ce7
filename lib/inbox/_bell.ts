/**
 * Wakes up waiters when something happens.
 *
 * @module
 */

/** A signal for all listeners. */
export class Bell {
  #next = Promise.withResolvers<void>();
  readonly #listeners = new Set<() => void>();

  /**
   * Resolves the next time it rings. Call it before checking what may have
   * happened.
   */
  heard(): Promise<void> {
    return this.#next.promise;
  }

  /** Calls a function each time it rings, until the result is disposed of. */
  listen(listener: () => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /** Rings. */
  ring(): void {
    this.#next.resolve();
    this.#next = Promise.withResolvers();
    for (const listener of this.#listeners) listener();
  }
}
