/**
 * A set of small numbers, with one bit each.
 *
 * @module
 */

/** A set of numbers from 0. */
export class Bits {
  #bytes = new Uint8Array(0);
  #size = 0;

  /** How many numbers are in it. */
  get size(): number {
    return this.#size;
  }

  /** Whether a number is in it. */
  has(number: number): boolean {
    return ((this.#bytes[number >>> 3] ?? 0) & (1 << (number & 7))) !== 0;
  }

  /**
   * Adds a number.
   *
   * @returns Whether it is new.
   */
  add(number: number): boolean {
    if (this.has(number)) return false;
    const index = number >>> 3;
    if (index >= this.#bytes.length) {
      const bytes = new Uint8Array(Math.max(64, index + 1, index * 2));
      bytes.set(this.#bytes);
      this.#bytes = bytes;
    }
    this.#bytes[index] = (this.#bytes[index] ?? 0) | (1 << (number & 7));
    this.#size++;
    return true;
  }

  /** The numbers below `end`, as runs of consecutive ones. */
  *runs(end: number): Generator<{ readonly first: number; length: number }> {
    let run: { readonly first: number; length: number } | undefined;
    for (let number = 0; number < end; number++) {
      if (this.has(number)) {
        run ??= { first: number, length: 0 };
        run.length++;
      } else if (run !== undefined) {
        yield run;
        run = undefined;
      }
    }
    if (run !== undefined) yield run;
  }
}
