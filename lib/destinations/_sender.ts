/**
 * Sends requests to one destination.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { exactJsonOf } from "../core/exact_json.ts";
import { parseRetryAfter } from "../core/peer_delay.ts";
import { createRateLimit } from "../core/rate_limit.ts";
import { sleep } from "../core/async.ts";
import { createAuthorizer } from "./_authorizer.ts";
import { checkOptions } from "./_check_options.ts";
import type {
  ApiDestinationOptions,
  DestinationAnswer,
  DestinationContext,
  DestinationRequest,
} from "./destination.ts";
import { DestinationError } from "./errors.ts";
import type { ExchangeAnswer } from "./_exchange.ts";
import { createReach } from "./_reach.ts";
import { urlOf } from "./_url.ts";

/** Sends one request for an event. */
export type Send = (
  request: DestinationRequest,
  ctx: DestinationContext,
) => Promise<DestinationAnswer>;

/** Retryable statuses besides 5xx. */
const RETRYABLE: ReadonlySet<number> = new Set([408, 409, 425, 429]);
const encoder = new TextEncoder();

/**
 * Creates a sender. All requests share its rate limit and its token.
 *
 * @throws {DestinationOptionsError} The options are invalid.
 */
export function createSender(options: ApiDestinationOptions): Send {
  const name = checkOptions(options);
  const { timeout = 5_000, ratePerSecond = 300, maxBodyBytes = 65_536 } =
    options;
  const rateLimit = options.rateLimit ?? createRateLimit({
    perMinute: ratePerSecond * 60,
    burst: Math.max(1, Math.floor(ratePerSecond)),
  });
  const reach = createReach(options);
  const authorizer = createAuthorizer(
    options.auth,
    ({ url, headers, body }) =>
      reach({
        url: new URL(url),
        method: "POST",
        headers,
        body: encoder.encode(body),
        signal: AbortSignal.timeout(timeout),
      }),
  );

  async function waitForPlace(
    { signal, deadline }: DestinationContext,
  ): Promise<void> {
    const left = deadline === undefined ? Infinity : deadline - Date.now();
    const longest = Math.min(MAX_WAIT, Math.max(0, left));
    const wait = await rateLimit.take(longest);
    if (wait > longest) {
      throw new DestinationError(
        `Destination ${name} has reached its rate limit`,
        { retryable: true, retryAfter: Math.ceil(wait) },
      );
    }
    if (wait > 0) await sleep(wait, signal);
  }

  /** Sends one attempt, with authentication headers. */
  async function attempt(
    request: Omit<Parameters<typeof reach>[0], "signal">,
    signal: AbortSignal,
  ) {
    const late = AbortSignal.timeout(timeout);
    const either = AbortSignal.any([signal, late]);
    try {
      const auth = await authorizer.headers(either);
      const headers = { ...request.headers, ...auth };
      const answer = await reach({ ...request, headers, signal: either });
      return { answer, auth };
    } catch (cause) {
      signal.throwIfAborted();
      if (cause instanceof DestinationError) throw cause;
      const what = late.aborted
        ? `did not answer within ${timeout} ms`
        : "could not be reached";
      throw new DestinationError(`Destination ${name} ${what}`, {
        retryable: true,
        cause,
      });
    }
  }

  return async (request, ctx) => {
    const body = bodyOf(request.body, name, maxBodyBytes);
    const ready = {
      url: urlOf(options.url, request, name),
      method: request.method ?? options.method ?? "POST",
      headers: headersOf(options, request, body !== undefined),
      body,
    };
    for (let isFirst = true;; isFirst = false) {
      await waitForPlace(ctx);
      const { answer, auth } = await attempt(ready, ctx.signal);
      const { status } = answer;
      if (isGood(answer)) return { status, body: parse(answer) };
      const mayRenew = (status === 401 || status === 407) && isFirst;
      if (!mayRenew || !authorizer.refused(auth)) throw refusal(name, answer);
    }
  };
}

/**
 * The longest wait for a slot, in milliseconds: longer waits happen in the
 * inbox.
 */
const MAX_WAIT = 5_000;

function isGood({ status }: ExchangeAnswer): boolean {
  return status >= 200 && status <= 299;
}

function refusal(name: string, answer: ExchangeAnswer): DestinationError {
  const { status, text } = answer;
  const asked = answer.header("retry-after");
  // EventBridge's rule: negative seconds mean never.
  const isNever = /^\s*-\d+\s*$/.test(asked ?? "");
  const retryable = !isNever && (status > 499 || RETRYABLE.has(status));
  return new DestinationError(
    `Destination ${name} answered with ${status}: expected 200 to 299`,
    { status, answer: text, retryable, retryAfter: parseRetryAfter(asked) },
  );
}

function bodyOf(
  value: unknown,
  name: string,
  maxBytes: number,
): Uint8Array | undefined {
  const text = value === undefined ? undefined : exactJsonOf(value);
  if (text === undefined) return undefined;
  const bytes = encoder.encode(text);
  if (bytes.length <= maxBytes) return bytes;
  throw new DestinationError(
    `Body for destination ${name} has ${bytes.length} bytes: expected at most ` +
      maxBytes,
    { retryable: false },
  );
}

function headersOf(
  options: ApiDestinationOptions,
  request: DestinationRequest,
  hasBody: boolean,
): Readonly<Record<string, string>> {
  const { idempotencyKey } = request;
  return {
    accept: "application/json",
    "user-agent": "extend-event-handler",
    ...lowerCased(options.headers),
    ...lowerCased(request.headers),
    ...(hasBody && { "content-type": "application/json; charset=utf-8" }),
    ...(idempotencyKey !== undefined && {
      "idempotency-key": keyOf(idempotencyKey),
    }),
  };
}

/** A key may be any text; a header may not. */
function keyOf(key: string): string {
  return /^[\x21-\x7e]{1,255}$/.test(key)
    ? key
    : createHash("sha256").update(key).digest("hex");
}

function lowerCased(
  headers: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
}

function parse({ text, header }: ExchangeAnswer): unknown {
  if (text === undefined || text === "") return undefined;
  if (!/\bjson\b/i.test(header("content-type") ?? "")) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
