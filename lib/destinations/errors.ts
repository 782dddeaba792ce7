/**
 * What a destination says when it refuses, as one typed error.
 *
 * @module
 */

import { EventError } from "../core/errors.ts";

/** Options of {@linkcode DestinationError}. */
export interface DestinationErrorOptions extends ErrorOptions {
  /** The HTTP status; absent when there was no answer. */
  readonly status?: number | undefined;
  /** What the destination said, up to 2,000 characters. */
  readonly answer?: string | undefined;
  /** Whether the same request can succeed later. */
  readonly retryable: boolean;
  /** How long to wait before, in milliseconds. */
  readonly retryAfter?: number | undefined;
  /** Whether any request would have met what failed, such as a login. @default {false} */
  readonly isOutage?: boolean;
}

/**
 * A destination refused a request, could not be reached, or may not be.
 *
 * Thrown out of a handler it decides the event's outcome: `failed` (run again) when
 * `retryable`, `rejected` otherwise, since the same request would be refused again.
 */
export class DestinationError extends EventError {
  /** What logs call it. */
  override name = "DestinationError";
  /** The HTTP status; `undefined` when there was no answer. */
  readonly status: number | undefined;
  /** Not shown with the error: it may say who the event is about. */
  readonly #answer: string | undefined;

  /** Creates the error. */
  constructor(message: string, options: DestinationErrorOptions) {
    const { retryable, retryAfter, cause, isOutage = false } = options;
    super(message, {
      retryable,
      fault: "state",
      isOutage,
      ...(retryAfter === undefined ? {} : { retryAfter }),
      ...(cause === undefined ? {} : { cause }),
    });
    this.status = options.status;
    this.#answer = options.answer?.slice(0, 2_000);
  }

  /** What the destination said, up to 2,000 characters. */
  get answer(): string | undefined {
    return this.#answer;
  }
}
