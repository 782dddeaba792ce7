/**
 * What an event says, on its way to the log.
 *
 * @module
 */

/**
 * A payload that is logged. Of it only what is known to be harmless is written, by the
 * names and looks of its fields; wherever else it gets, it shows as `[payload]`.
 */
export class Payload {
  /** The payload itself. */
  readonly #value: unknown;

  /** Wraps a payload. */
  constructor(value: unknown) {
    this.#value = value;
  }

  /** The payload itself, for the one place that knows what of it may be written. */
  reveal(): unknown {
    return this.#value;
  }

  /** What `JSON.stringify` shows. */
  toJSON(): string {
    return "[payload]";
  }
}
