/**
 * One HTTP exchange with AGS: sends a request and returns JSON or a typed
 * error.
 *
 * @module
 */

import { follow } from "../core/async.ts";
import { DeadlineError } from "../core/errors.ts";
import { readBounded } from "../core/read_bounded.ts";
import { AgsError } from "./errors.ts";
import { readAnswer } from "./_answer_body.ts";
import { refusal } from "./_refusal.ts";
import type { AnswerAccount } from "./answer_memory.ts";
import type { AgsObserver } from "./observer.ts";

/** Options of {@linkcode exchange}. */
export interface ExchangeOptions {
  /** Aborts the exchange, which then throws its reason. */
  readonly signal: AbortSignal;
  /** Time limit for the exchange, in milliseconds. */
  readonly timeout: number;
  /** Observes how it ended. */
  readonly observer?: AgsObserver | undefined;
  /** The HTTP client whose connections are used. @default {the process's} */
  readonly httpClient?: Deno.HttpClient | undefined;
  /** The account that the answer's memory is taken from. */
  readonly account: AnswerAccount;
  /** Called with the status of the answer, before its body is read. */
  readonly onAnswer?: ((status: number) => void) | undefined;
}

/**
 * Largest error answer that is read, in bytes. AGS's are below 1 kB, except for
 * lists of errors.
 */
const MAX_REFUSAL_BYTES = 64 * 1024;

/**
 * Sends one request and reads its answer.
 *
 * @param name The request, for messages: `METHOD /route`, without values.
 * @returns The JSON body; `undefined` if there is none.
 * @throws {AgsError} The server refused, did not answer in time, could not be
 * reached, or did not answer with JSON.
 * @throws The signal's reason, if it aborted.
 */
export async function exchange(
  name: string,
  url: string,
  init: RequestInit,
  options: ExchangeOptions,
): Promise<unknown> {
  const { signal, timeout, observer } = options;
  signal.throwIfAborted();
  const start = performance.now();
  let code = "";
  const controller = new AbortController();
  using _following = follow(controller, signal);
  /** The status of an answer that waits for memory. */
  let waiting: number | undefined;
  const timer = setTimeout(() => {
    const what = waiting === undefined
      ? `AGS did not answer ${name} within ${timeout} ms`
      : `No memory for AGS's answer to ${name} within ${timeout} ms`;
    controller.abort(
      new AgsError(what, { status: waiting, retryable: true }),
    );
  }, timeout);
  try {
    const response = await fetch(url, {
      ...init,
      redirect: "manual",
      ...(options.httpClient !== undefined && { client: options.httpClient }),
      signal: controller.signal,
    });
    code = String(response.status);
    options.onAnswer?.(response.status);
    if (!response.ok) throw refusal(name, response, await wordsOf(response));
    return await readAnswer(response, {
      name,
      account: options.account,
      signal: controller.signal,
      onWait: (isWaiting) => waiting = isWaiting ? response.status : undefined,
    });
  } catch (error) {
    if (controller.signal.aborted) {
      code = codeOf(controller.signal.reason);
      throw controller.signal.reason;
    }
    if (error instanceof AgsError) {
      if (!isRefusal(error)) code = "invalid";
      throw error;
    }
    code = "network";
    const cause = withoutUrl(error, url);
    throw new AgsError(`AGS could not be reached for ${name}`, {
      retryable: true,
      // The message of Deno's HTTP client if there is no connection to send on.
      isUnsent: cause.message.includes("client error (Connect)"),
      cause,
    });
  } finally {
    clearTimeout(timer);
    observer?.exchanged({
      name,
      code,
      milliseconds: performance.now() - start,
    });
  }
}

async function wordsOf({ body }: Response): Promise<Uint8Array | undefined> {
  if (body === null) return new Uint8Array();
  return await readBounded(body, MAX_REFUSAL_BYTES);
}

/** A code for why an exchange ended before its answer was read. */
function codeOf(reason: unknown): string {
  if (reason instanceof AgsError) {
    return reason.status === undefined ? "timeout" : "memory";
  }
  return reason instanceof DeadlineError ? "deadline" : "cancelled";
}

/** Whether AGS refused; an unusable answer has a success status. */
function isRefusal({ status = 0 }: AgsError): boolean {
  return status < 200 || status > 299;
}

/** The message of `fetch` without the URL, whose path may name a player. */
function withoutUrl(error: unknown, url: string): Error {
  // `fetch` says only that it failed; the cause says why.
  const reason = error instanceof Error && error.cause instanceof Error
    ? error.cause
    : error;
  const text = reason instanceof Error ? reason.message : String(reason);
  const href = URL.parse(url)?.href ?? url;
  return new Error(text.replaceAll(href, "AGS").replaceAll(url, "AGS"));
}
