/**
 * The error for every failure with AGS.
 *
 * @module
 */

import { EventError } from "../core/errors.ts";

/** Options of {@linkcode AgsError}. */
export interface AgsErrorOptions extends ErrorOptions {
  /** The HTTP status; absent if there was no answer. */
  readonly status?: number | undefined;
  /** AGS's `errorCode`, or OAuth's `error`. */
  readonly errorCode?: number | string | undefined;
  /** AGS's `errorMessage`, or OAuth's `error_description`. */
  readonly errorMessage?: string | undefined;
  /** Whether the same request can succeed later. */
  readonly retryable: boolean;
  /** How long AGS asks to wait, in milliseconds. */
  readonly retryAfter?: number | undefined;
  /** Whether the request certainly never reached AGS. @default {false} */
  readonly isUnsent?: boolean;
  /**
   * Whether the answer came from a proxy and not from AGS.
   *
   * @default {false}
   */
  readonly isForeign?: boolean;
  /** See {@linkcode EventErrorOptions.isOutage}. @default {false} */
  readonly isOutage?: boolean;
}

/**
 * AGS refused a request, could not be reached, or sent an invalid answer.
 *
 * If a handler does not catch it, it decides the event's outcome: `failed`
 * (delivered again) if `retryable`, otherwise `rejected`, because the same
 * request would be refused again.
 *
 * Two kinds of error say nothing about the event and are retryable, because an
 * operator can fix them: an answer that is not AGS's own (`isForeign`), and a
 * refusal of this service's client (`isOutage`), which lacks a permission or
 * was disabled.
 */
export class AgsError extends EventError {
  /** What logs call it. */
  override name = "AgsError";
  /** The HTTP status; `undefined` if there was no answer. */
  readonly status: number | undefined;
  /** AGS's `errorCode`, such as 30341, or OAuth's `error`, such as `invalid_client`. */
  readonly errorCode: number | string | undefined;
  /** AGS's error text. */
  readonly errorMessage: string | undefined;
  /** Whether the request certainly never reached AGS. */
  readonly isUnsent: boolean;
  /** Whether the answer came from a proxy or an ingress and not from AGS. */
  readonly isForeign: boolean;

  /** Creates the error. */
  constructor(message: string, options: AgsErrorOptions) {
    super(message, { ...options, fault: "state" });
    this.status = options.status;
    this.errorCode = options.errorCode;
    this.errorMessage = options.errorMessage;
    this.isUnsent = options.isUnsent ?? false;
    this.isForeign = options.isForeign ?? false;
  }
}

/** AGS's common code for a lost optimistic lock: somebody else wrote first. */
const OPTIMISTIC_LOCK = 20006;

/**
 * Whether an immediate retry can succeed: 408, 429, 5xx, and 409 if a lost
 * optimistic lock is the reason.
 */
export function isTransient(
  status: number,
  code: number | string | undefined,
): boolean {
  if (status === 409) return Number(code) === OPTIMISTIC_LOCK;
  return status === 408 || status === 429 || status >= 500;
}

/**
 * Whether AGS may have performed a request that failed like this: there was no
 * answer, or one that does not say, such as a proxy's. AGS's own error answers
 * mean that it has not; so does a lost optimistic lock.
 */
export function isInDoubt({ status, isUnsent, isForeign }: AgsError): boolean {
  if (isUnsent) return false;
  return status === undefined || status < 400 || status === 408 ||
    status >= 500 || isForeign;
}
