/**
 * How much may go on at once.
 *
 * @module
 */

import { OverloadedError } from "./errors.ts";

/** Counts what is held, and says no beyond a limit. */
export class Budget {
  readonly #limit: number;
  readonly #what: string;
  #held = 0;

  /**
   * Sets the limit.
   *
   * @param what What is counted, for the error's text.
   */
  constructor(limit: number, what: string) {
    this.#limit = limit;
    this.#what = what;
  }

  /** What is held. */
  get held(): number {
    return this.#held;
  }

  /**
   * Takes some.
   *
   * @throws {OverloadedError} There is not as much left.
   */
  take(count: number): void {
    if (this.#held + count > this.#limit) {
      throw new OverloadedError(
        `No room for ${count} more ${this.#what}: at most ${this.#limit} at once`,
      );
    }
    this.#held += count;
  }

  /** Gives some back. */
  give(count: number): void {
    this.#held -= count;
  }
}

/** Part of a budget, given back as one. */
export class Share implements Disposable {
  readonly #budget: Budget;
  #taken = 0;

  /** Takes nothing yet. */
  constructor(budget: Budget) {
    this.#budget = budget;
  }

  /**
   * Takes some more.
   *
   * @throws {OverloadedError} There is not as much left.
   */
  take(count: number): void {
    this.#budget.take(count);
    this.#taken += count;
  }

  /** Gives all of it back. */
  [Symbol.dispose](): void {
    this.#budget.give(this.#taken);
    this.#taken = 0;
  }
}
