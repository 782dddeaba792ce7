/**
 * Limits on concurrent work.
 *
 * @module
 */

import { OverloadedError } from "./errors.ts";

/** Counts what is in use, up to a limit. */
export class Budget {
  readonly #limit: number;
  readonly #what: string;
  #held = 0;

  /**
   * Sets the limit.
   *
   * @param what What is counted, for error messages.
   */
  constructor(limit: number, what: string) {
    this.#limit = limit;
    this.#what = what;
  }

  /** The amount in use. */
  get held(): number {
    return this.#held;
  }

  /**
   * Takes an amount.
   *
   * @throws {OverloadedError} Not enough is left.
   */
  take(count: number): void {
    if (this.#held + count > this.#limit) {
      throw new OverloadedError(
        `No room for ${count} more ${this.#what}: at most ${this.#limit} at once`,
      );
    }
    this.#held += count;
  }

  /** Returns an amount. */
  give(count: number): void {
    this.#held -= count;
  }
}

/** A part of a budget, returned as one. */
export class Share implements Disposable {
  readonly #budget: Budget;
  #taken = 0;

  /** Starts empty. */
  constructor(budget: Budget) {
    this.#budget = budget;
  }

  /**
   * Takes more.
   *
   * @throws {OverloadedError} Not enough is left.
   */
  take(count: number): void {
    this.#budget.take(count);
    this.#taken += count;
  }

  /** Returns all of it. */
  [Symbol.dispose](): void {
    this.#budget.give(this.#taken);
    this.#taken = 0;
  }
}
