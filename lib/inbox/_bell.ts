/**
 * Wakes up whoever waits for something to happen.
 *
 * @module
 */

/** Rings for all who listen. */
export class Bell {
  #next = Promise.withResolvers<void>();
  readonly #listeners = new Set<() => void>();

  /** The next time it rings. Ask before looking at what may have happened. */
  heard(): Promise<void> {
    return this.#next.promise;
  }

  /** Calls a function each time it rings, until what this returns is disposed of. */
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
