/**
 * Calls Web PubSub's REST API, with retries if they are safe.
 *
 * @module
 */

import { boundedBlob } from "../bounded_blob.ts";
import type { Credentials } from "./credentials.ts";
import { WebPubSubError } from "./error.ts";

/** One call. */
export interface Call {
  /** What it does, for error messages: `send to a group`. */
  readonly what: string;
  /** The method. */
  readonly method: "GET" | "HEAD" | "POST" | "PUT" | "DELETE";
  /** The full URL. */
  readonly url: string;
  /** Headers in addition to the common ones. */
  readonly headers?: readonly (readonly [string, string])[];
  /** The body. */
  readonly body?: string | Uint8Array<ArrayBuffer>;
  /** Whether repeating it has no further effect. */
  readonly isIdempotent: boolean;
  /** Statuses besides 2xx that are not failures. */
  readonly expected?: readonly number[];
}

/** An answer. */
export interface Answer {
  /** The status. */
  readonly status: number;
  /** The body as text; may be empty. */
  readonly text: string;
}

/** Options of {@linkcode createTransport}. */
export interface TransportOptions {
  /** The credentials. */
  readonly credentials: Credentials;
  /** The fetch function. @default {fetch} */
  readonly fetch?: typeof fetch;
  /**
   * Time limit for a call with all its attempts, in milliseconds.
   * @default {10000}
   */
  readonly timeout?: number;
  /** The most attempts of a call. @default {4} */
  readonly maxAttempts?: number;
  /**
   * Upper bound of the first delay between two attempts, in milliseconds.
   * @default {200}
   */
  readonly baseDelay?: number;
}

/** Calls Web PubSub. */
export type Transport = (
  call: Call,
  signal: AbortSignal | undefined,
) => Promise<Answer>;

/** The most bytes read of an answer: a page of connections has about 100 KB. */
const MAX_ANSWER = 1_048_576;

/** Longest delay between two attempts, in milliseconds. */
const MAX_DELAY = 5_000;

/** Statuses after which any call may be retried: it was not performed. */
const REFUSED: readonly number[] = [429, 503];

/** Statuses after which it is unknown whether the call was performed. */
const UNCLEAR: readonly number[] = [408, 500, 502, 504];

/** Creates a transport. */
export function createTransport(options: TransportOptions): Transport {
  const { timeout = 10_000, maxAttempts = 4, baseDelay = 200 } = options;
  return async (call, signal) => {
    signal?.throwIfAborted();
    const ends = Date.now() + timeout;
    const deadline = AbortSignal.timeout(timeout);
    const all = signal ? AbortSignal.any([signal, deadline]) : deadline;
    for (let attempt = 1;; attempt++) {
      const result = await attemptOnce(call, all, options);
      // The caller knows why it aborted.
      signal?.throwIfAborted();
      if (!(result instanceof FailedAttempt)) return result;
      const bound = Math.min(MAX_DELAY, baseDelay * 2 ** (attempt - 1));
      const delay = Math.max(Math.random() * bound, result.retryAfter);
      const isLast = attempt >= maxAttempts || !result.mayRepeat ||
        Date.now() + delay >= ends;
      if (isLast) throw result.error;
      await wait(delay, all).catch(() => {});
      signal?.throwIfAborted();
    }
  };
}

/** An attempt that failed. */
class FailedAttempt {
  constructor(
    readonly error: WebPubSubError,
    /** Whether a retry can help and is safe. */
    readonly mayRepeat: boolean,
    /** Milliseconds that the service asked to wait. */
    readonly retryAfter: number = 0,
  ) {}
}

async function attemptOnce(
  call: Call,
  signal: AbortSignal,
  options: TransportOptions,
): Promise<Answer | FailedAttempt> {
  const { what, method, url, headers = [], body, isIdempotent } = call;
  try {
    const token = await options.credentials.callToken(url, signal);
    const response = await (options.fetch ?? fetch)(url, {
      method,
      headers: [
        ...headers.map(([name, value]): [string, string] => [name, value]),
        ["accept", "application/json"],
        ["authorization", `Bearer ${token}`],
      ],
      // The token is for this address only.
      redirect: "manual",
      signal,
      ...(body === undefined ? {} : { body }),
    });
    const { status } = response;
    const text = await readText(response);
    if (status >= 200 && status < 300) return { status, text };
    if (call.expected?.includes(status)) return { status, text: "" };
    return refusedAttempt(call, response);
  } catch (cause) {
    return new FailedAttempt(
      new WebPubSubError(`Could not ${what}: Web PubSub has not answered`, {
        cause,
        retryable: true,
      }),
      isIdempotent && !signal.aborted,
    );
  }
}

function refusedAttempt(call: Call, response: Response): FailedAttempt {
  const { status, headers } = response;
  // Only the service's own codes; anything else does not belong in a log.
  const code = /^[\w.]{1,64}$/.exec(headers.get("x-ms-error-code") ?? "")?.[0];
  const isTransient = REFUSED.includes(status) || UNCLEAR.includes(status);
  const error = new WebPubSubError(
    `Could not ${call.what}: Web PubSub answered ${status}` +
      (code === undefined ? "" : ` (${code})`),
    { status, code, retryable: isTransient },
  );
  const mayRepeat = isTransient &&
    (call.isIdempotent || REFUSED.includes(status));
  const seconds = Number(headers.get("retry-after"));
  const retryAfter = Number.isFinite(seconds) && seconds > 0
    ? seconds * 1_000
    : 0;
  return new FailedAttempt(error, mayRepeat, retryAfter);
}

/** Reads an answer; the body of a failure is not read. */
async function readText({ ok, body }: Response): Promise<string> {
  if (body === null) return "";
  if (!ok) {
    await body.cancel();
    return "";
  }
  return await (await boundedBlob(body, "Answer", MAX_ANSWER)).text();
}

function wait(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", onAbort);
      resolve();
    }, milliseconds);
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
  });
}
