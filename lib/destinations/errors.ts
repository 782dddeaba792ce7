/**
 * The error for every failure with a destination.
 *
 * @module
 */

import { EventError } from "../core/errors.ts";

/** Options of {@linkcode DestinationError}. */
export interface DestinationErrorOptions extends ErrorOptions {
  /** The HTTP status; absent if there was no answer. */
  readonly status?: number | undefined;
  /** The destination's answer, at most 2,000 characters. */
  readonly answer?: string | undefined;
  /** Whether the same request can succeed later. */
  readonly retryable: boolean;
  /** How long to wait before a retry, in milliseconds. */
  readonly retryAfter?: number | undefined;
  /**
   * Whether the failure would hit any request, such as a failed login.
   * @default {false}
   */
  readonly isOutage?: boolean;
}

/**
 * A destination refused a request, could not be reached, or is not allowed.
 *
 * If a handler does not catch it, it decides the event's outcome: `failed` (run
 * again) if `retryable`, otherwise `rejected`, because the same request would
 * be refused again.
 */
export class DestinationError extends EventError {
  /** What logs call it. */
  override name = "DestinationError";
  /** The HTTP status; `undefined` if there was no answer. */
  readonly status: number | undefined;
  /**
   * Not shown with the error: it may name the person that the event is about.
   */
  readonly #answer: string | undefined;

  /** Creates the error. */
  constructor(message: string, options: DestinationErrorOptions) {
    super(message, { ...options, fault: "state" });
    this.status = options.status;
    this.#answer = options.answer?.slice(0, 2_000);
  }

  /** The destination's answer, at most 2,000 characters. */
  get answer(): string | undefined {
    return this.#answer;
  }
}
