/**
 * One HTTP exchange with AGS: out with a request, back with JSON or a typed error.
 *
 * @module
 */

import { DeadlineError } from "../core/errors.ts";
import { AgsError } from "./errors.ts";
import { mediaType, refusal } from "./_refusal.ts";
import type { AgsObserver } from "./observer.ts";

/** Options of {@linkcode exchange}. */
export interface ExchangeOptions {
  /** Ends the exchange; its reason is what is thrown. */
  readonly signal: AbortSignal;
  /** Time for the exchange, in milliseconds. */
  readonly timeout: number;
  /** Told how it ended. */
  readonly observer?: AgsObserver | undefined;
  /** Called with the status of the answer, before its body is read. */
  readonly onAnswer?: ((status: number) => void) | undefined;
}

/** Largest answer read, in bytes: AGS's pages are far smaller. */
const MAX_ANSWER_BYTES = 8 * 1024 * 1024;

/** Largest refusal read, in bytes. AGS's are below 1 kB, but for lists of errors. */
const MAX_REFUSAL_BYTES = 256 * 1024;

/**
 * Sends one request and reads its answer.
 *
 * @param name What is asked, for messages: `METHOD /route`, without the values.
 * @returns The JSON body; `undefined` when there is none.
 * @throws {AgsError} The server refused, did not answer in time, could not be
 * reached, or answered what is not JSON.
 * @throws The signal's reason, when it ended.
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
  const onAbort = () => controller.abort(signal.reason);
  signal.addEventListener("abort", onAbort);
  const timer = setTimeout(() => {
    controller.abort(
      new AgsError(`AGS did not answer ${name} within ${timeout} ms`, {
        retryable: true,
      }),
    );
  }, timeout);
  try {
    const response = await fetch(url, {
      ...init,
      redirect: "manual",
      signal: controller.signal,
    });
    code = String(response.status);
    options.onAnswer?.(response.status);
    if (!response.ok) {
      const words = await readText(response, MAX_REFUSAL_BYTES);
      throw refusal(name, response, words);
    }
    const body = await readText(response, MAX_ANSWER_BYTES);
    if (body === undefined) throw tooLarge(name, response);
    return body === "" ? undefined : parse(name, response, body);
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
      // What Deno's HTTP client says when there is no connection to send on.
      isUnsent: cause.message.includes("client error (Connect)"),
      cause,
    });
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
    observer?.exchanged({
      name,
      code,
      milliseconds: performance.now() - start,
    });
  }
}

/** A word for why an exchange was ended before its answer. */
function codeOf(reason: unknown): string {
  if (reason instanceof AgsError) return "timeout";
  return reason instanceof DeadlineError ? "deadline" : "cancelled";
}

/** Whether AGS refused; an answer that is of no use has the status of a success. */
function isRefusal({ status = 0 }: AgsError): boolean {
  return status < 200 || status > 299;
}

/** What `fetch` says, without the URL: its path names a player. */
function withoutUrl(error: unknown, url: string): Error {
  // `fetch` says only that it failed; why is in the cause.
  const reason = error instanceof Error && error.cause instanceof Error
    ? error.cause
    : error;
  const text = reason instanceof Error ? reason.message : String(reason);
  const href = URL.parse(url)?.href ?? url;
  return new Error(text.replaceAll(href, "AGS").replaceAll(url, "AGS"));
}

function parse(name: string, response: Response, body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    // Without the parser's own words: they show a part of the body.
    throw new AgsError(
      `AGS answered ${name} with ${response.status} and ${
        mediaType(response.headers)
      }: expected JSON`,
      { status: response.status, isForeign: true, retryable: true },
    );
  }
}

/**
 * What a success of too many bytes is: AGS's own would be as large again, and what was
 * asked for is done; a page of something in between says nothing of either.
 */
function tooLarge(name: string, { status, headers }: Response): AgsError {
  const isForeign = !/[/+]json$/.test(mediaType(headers));
  return new AgsError(
    `AGS answered ${name} with more than ${MAX_ANSWER_BYTES} bytes`,
    { status, isForeign, retryable: isForeign },
  );
}

/** Reads a body; `undefined` when it has more bytes than it may. */
async function readText(
  { body, headers }: Response,
  maxBytes: number,
): Promise<string | undefined> {
  if (body === null) return "";
  // Of a compressed body the length says little.
  const length = headers.has("content-encoding")
    ? NaN
    : Number(headers.get("content-length") ?? NaN);
  if (length > maxBytes) {
    await body.cancel();
    return undefined;
  }
  const decoder = new TextDecoder();
  let size = 0;
  let text = "";
  for await (const chunk of body) {
    size += chunk.byteLength;
    // Leaving the loop cancels the body.
    if (size > maxBytes) return undefined;
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
