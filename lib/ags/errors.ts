/**
 * What AGS says when it refuses, as one typed error.
 *
 * @module
 */

import { EventError } from "../core/errors.ts";
import { parseRetryAfter } from "../core/peer_delay.ts";

/** Options of {@linkcode AgsError}. */
export interface AgsErrorOptions extends ErrorOptions {
  /** The HTTP status; absent when there was no answer. */
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
}

/**
 * AGS refused a request, could not be reached, or made no sense.
 *
 * Thrown out of a handler it decides the event's outcome: `failed` (delivered
 * again) when `retryable`, `rejected` otherwise, since the same request would be
 * refused again.
 */
export class AgsError extends EventError {
  /** What logs call it. */
  override name = "AgsError";
  /** The HTTP status; `undefined` when there was no answer. */
  readonly status: number | undefined;
  /** AGS's `errorCode`, such as 30341, or OAuth's `error`, such as `invalid_client`. */
  readonly errorCode: number | string | undefined;
  /** AGS's own words. */
  readonly errorMessage: string | undefined;
  /** Whether the request certainly never reached AGS. */
  readonly isUnsent: boolean;

  /** Creates the error. */
  constructor(message: string, options: AgsErrorOptions) {
    const { retryable, retryAfter, cause } = options;
    super(message, {
      retryable,
      fault: "state",
      ...(retryAfter === undefined ? {} : { retryAfter }),
      ...(cause === undefined ? {} : { cause }),
    });
    this.status = options.status;
    this.errorCode = options.errorCode;
    this.errorMessage = options.errorMessage;
    this.isUnsent = options.isUnsent ?? false;
  }
}

/** AGS's common code for a lost optimistic lock: somebody else wrote first. */
const OPTIMISTIC_LOCK = 20006;

/** Longest part of AGS's own words that is kept, a code in words included. */
const MAX_MESSAGE_LENGTH = 200;

/**
 * Reads AGS's refusal: the standard body (`errorCode`, `errorMessage`), the lobby's
 * older spelling (`ErrorCode`, `ErrorMessage`), or IAM's OAuth one (`error`,
 * `error_description`).
 *
 * @param request What was asked, as `METHOD /route`.
 * @param response The answer; its body is `body`.
 * @param body The body's text.
 */
export function refusal(
  request: string,
  response: Response,
  body: string,
): AgsError {
  const { status } = response;
  const fields = parseObject(body);
  const code = fields.errorCode ?? fields.ErrorCode ?? fields.error;
  const errorCode = typeof code === "string"
    ? code.slice(0, MAX_MESSAGE_LENGTH)
    : typeof code === "number"
    ? code
    : undefined;
  const words = fields.errorMessage ?? fields.ErrorMessage ??
    fields.error_description;
  const errorMessage = typeof words === "string"
    ? words.slice(0, MAX_MESSAGE_LENGTH)
    : undefined;
  const detail = [
    errorCode === undefined ? "" : ` (${errorCode})`,
    errorMessage === undefined ? "" : `: ${errorMessage}`,
  ].join("");
  return new AgsError(`AGS answered ${request} with ${status}${detail}`, {
    status,
    errorCode,
    errorMessage,
    retryable: isRetryable(status, errorCode),
    retryAfter: parseRetryAfter(response.headers.get("retry-after")),
  });
}

/**
 * Whether the same request can succeed later. A 401 can, with another token; a
 * redirect comes from something between this service and AGS, not from AGS.
 */
function isRetryable(
  status: number,
  code: number | string | undefined,
): boolean {
  return isTransient(status, code) || status === 401 || status < 400;
}

/**
 * Whether the same request, sent again at once, can fare better: 408, 429, 5xx, and
 * 409 where a lost optimistic lock is the reason.
 */
export function isTransient(
  status: number,
  code: number | string | undefined,
): boolean {
  if (status === 409) return Number(code) === OPTIMISTIC_LOCK;
  return status === 408 || status === 429 || status >= 500;
}

/**
 * Whether AGS may have carried out a request that failed like this: there was no
 * answer, or one that does not say. AGS's own refusals say that it has not; so does
 * a lost optimistic lock.
 */
export function isInDoubt({ status, isUnsent }: AgsError): boolean {
  if (isUnsent) return false;
  return status === undefined || status < 400 || status === 408 ||
    status >= 500;
}

function parseObject(body: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value === "object" && value !== null) return { ...value };
  } catch {
    // Not JSON: a proxy's error page says nothing that the status does not.
  }
  return {};
}
