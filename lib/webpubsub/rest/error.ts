/**
 * The error of failed Web PubSub calls.
 *
 * @module
 */

import { VERDICT } from "../verdict.ts";

/** Options of {@linkcode WebPubSubError}. */
export interface WebPubSubErrorOptions extends ErrorOptions {
  /** The status of the last answer; absent if there was none. */
  readonly status?: number | undefined;
  /** The service's error code (`x-ms-error-code`). */
  readonly code?: string | undefined;
  /** Whether the same call can succeed later. */
  readonly retryable: boolean;
}

/** A call to Web PubSub failed and is not retried any more. */
export class WebPubSubError extends Error {
  /** What logs call it. */
  override name = "WebPubSubError";
  /** The status of the last answer; absent if there was none. */
  readonly status: number | undefined;
  /** The service's error code. */
  readonly code: string | undefined;
  /**
   * Whether the same call can succeed later. If there is no status, a message
   * may still have arrived.
   */
  readonly retryable: boolean;
  /** The meaning for the event whose handler made the call. */
  readonly [VERDICT]: "retry" | "reject";

  /** Creates the error; `cause` keeps the underlying error. */
  constructor(message: string, options: WebPubSubErrorOptions) {
    super(message, options);
    this.status = options.status;
    this.code = options.code;
    this.retryable = options.retryable;
    this[VERDICT] = options.retryable ? "retry" : "reject";
  }
}
