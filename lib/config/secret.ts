/**
 * Values that must not be printed by accident.
 *
 * @module
 */

const SHOWN = "[secret]";

/** A value that shows as `[secret]` wherever it is printed, logged or serialised. */
export class Secret {
  readonly #value: string;

  /** Wraps a value. */
  constructor(value: string) {
    this.#value = value;
  }

  /** The value itself, for the one place that has to send it. */
  reveal(): string {
    return this.#value;
  }

  /** What string templates show. */
  toString(): string {
    return SHOWN;
  }

  /** What `JSON.stringify` shows. */
  toJSON(): string {
    return SHOWN;
  }

  /** What `console.log` shows. */
  [Symbol.for("Deno.customInspect")](): string {
    return SHOWN;
  }
}
