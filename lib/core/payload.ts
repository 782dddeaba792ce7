/**
 * Event payloads in the log.
 *
 * @module
 */

/**
 * A payload to log. The log writes only what is known to be harmless, judged by
 * the names and formats of its fields; anywhere else it appears as `[payload]`.
 */
export class Payload {
  /** The payload. */
  readonly #value: unknown;

  /** Wraps a payload. */
  constructor(value: unknown) {
    this.#value = value;
  }

  /** The payload, for the one place that knows which parts may be written. */
  reveal(): unknown {
    return this.#value;
  }

  /** The representation in `JSON.stringify`. */
  toJSON(): string {
    return "[payload]";
  }
}
