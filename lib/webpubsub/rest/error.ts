/**
 * What goes wrong when Web PubSub is called.
 *
 * @module
 */

import { VERDICT } from "../verdict.ts";

/** Options of {@linkcode WebPubSubError}. */
export interface WebPubSubErrorOptions extends ErrorOptions {
  /** The status of the last answer; absent if there was none. */
  readonly status?: number | undefined;
  /** The service's own name of what is wrong (`x-ms-error-code`). */
  readonly code?: string | undefined;
  /** Whether the same call can succeed later. */
  readonly retryable: boolean;
}

/** A call to Web PubSub has failed, and is not tried again. */
export class WebPubSubError extends Error {
  /** What logs call it. */
  override name = "WebPubSubError";
  /** The status of the last answer; absent if there was none. */
  readonly status: number | undefined;
  /** The service's own name of what is wrong. */
  readonly code: string | undefined;
  /**
   * Whether the same call can succeed later. A message that was sent may have arrived
   * nevertheless, if there is no status.
   */
  readonly retryable: boolean;
  /** What that means for the event whose handler has called. */
  readonly [VERDICT]: "retry" | "reject";

  /** Creates the error; `cause` keeps what led to it. */
  constructor(message: string, options: WebPubSubErrorOptions) {
    super(message, options);
    this.status = options.status;
    this.code = options.code;
    this.retryable = options.retryable;
    this[VERDICT] = options.retryable ? "retry" : "reject";
  }
}
