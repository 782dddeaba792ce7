/**
 * The AGS client: every request with a fresh token, within its event's deadline.
 *
 * @module
 */

import type { Ags, AgsMethod, AgsRequestOptions } from "../core/context.ts";
import { DeadlineError } from "../core/errors.ts";
import type { Lease } from "../core/lease.ts";
import type { CallSpan, TraceCall } from "../core/tracing.ts";
import type { Secret } from "../config/secret.ts";
import {
  type AnswerAccount,
  type AnswerMemoryOptions,
  createAnswerMemory,
} from "./answer_memory.ts";
import { type BackoffOptions, nextDelay } from "./backoff.ts";
import {
  type BreakerOptions,
  type BreakerState,
  createBreaker,
} from "./breaker.ts";
import { AgsError, isInDoubt, isTransient } from "./errors.ts";
import { exchange } from "./exchange.ts";
import type { AgsObserver } from "./observer.ts";
import { fillPath } from "./path.ts";
import { createRateLimit } from "../core/rate_limit.ts";
import {
  createRefusedOperations,
  type RefusedOperation,
} from "./refused_operations.ts";
import { sleep } from "../core/async.ts";
import { createTokenSource, TOKEN_ROUTE, type TokenTimes } from "./token.ts";

/** Options of {@linkcode createAgsClient}. */
export interface AgsClientOptions {
  /** Where AGS is, without a trailing slash. */
  readonly baseUrl: string;
  /** The IAM client's id. */
  readonly clientId: string;
  /** The IAM client's secret. */
  readonly clientSecret: Secret;
  /** The namespace this app runs for. */
  readonly namespace: string;
  /** Requests a minute, over all events; 0: no limit. @default {0} */
  readonly rateLimit?: number;
  /** Called when a token refresh fails while the old token still serves. */
  readonly onRefreshFailed?: (error: unknown) => void;
  /** Called when an operation is refused, and once a minute while it goes on. */
  readonly onRefused?: (refused: RefusedOperation) => void;
  /** Told of every request, login and change of the breaker. */
  readonly observer?: AgsObserver;
  /** Runs each request, its retries included, within a span. @default {none} */
  readonly traceCall?: TraceCall | undefined;
  /** Time for one request, in milliseconds. @default {10000} */
  readonly requestTimeout?: number;
  /** What answers may take in memory, while they are read and their events handled. */
  readonly answerMemory?: AnswerMemoryOptions;
  /** How requests are retried. */
  readonly backoff?: BackoffOptions;
  /** When to stop asking. */
  readonly breaker?: BreakerOptions;
}

/** What a request is bound to. */
export interface AgsBinding {
  /** Ends every request. */
  readonly signal: AbortSignal;
  /** No retry starts after it: milliseconds since the epoch. */
  readonly deadline?: number | undefined;
  /**
   * Ends when nobody needs the answers any more: until then they count towards what
   * all answers may take. Without it they do while they are read.
   */
  readonly ending?: DisposableStack | undefined;
  /** What allows each request, right before it is sent. @default {nothing has to} */
  readonly lease?: Lease | undefined;
}

/** The AGS client. Nothing is sent before the first request needs it. */
export interface AgsClient extends Disposable {
  /** Whether requests to AGS pass, see {@linkcode BreakerState}. */
  readonly breaker: BreakerState;
  /** How old the token in use is; `undefined` when there is none. */
  readonly token: TokenTimes | undefined;
  /** AGS's REST API, bound to an event's signal and deadline. */
  bind(binding: AgsBinding): Ags;
  /**
   * Checks that a token is at hand or can be had.
   *
   * @throws {AgsError} The login failed.
   */
  ready(signal: AbortSignal): Promise<void>;
}

/**
 * Creates the client.
 *
 * Retried within the deadline: network errors, 408, 429 (not before its
 * Retry-After), 409 with code 20006, 5xx. A 401 gets one new login and one more
 * try. A request that is not idempotent is not sent again once AGS may have carried
 * it out. A breaker ends the asking while AGS is down: requests then fail at once.
 * Each operation has one of its own, for while the client lacks its permission, or a
 * proxy answers it in AGS's place.
 */
export function createAgsClient(options: AgsClientOptions): AgsClient {
  const { baseUrl, namespace, requestTimeout = 10_000 } = options;
  const { observer, traceCall } = options;
  const breaker = createBreaker({
    onChanged: (state) => observer?.breakerChanged(state),
    ...options.breaker,
  });
  const memory = createAnswerMemory(options.answerMemory);
  const operations = createRefusedOperations({
    breaker: options.breaker,
    onRefused: (refused) => observer?.refused(refused),
    onTold: options.onRefused,
  });
  const httpClient = Deno.createHttpClient({
    poolMaxIdlePerHost: MAX_IDLE_CONNECTIONS,
  });
  const tokens = createTokenSource({
    ...options,
    httpClient,
    onClientRefused: (error) =>
      operations.tell({ name: `POST ${TOKEN_ROUTE}`, by: "client", error }),
  });
  const { rateLimit: perMinute = 0 } = options;
  const rateLimit = perMinute > 0 ? createRateLimit({ perMinute }) : undefined;

  async function request(
    { binding, account }: Bound,
    method: AgsMethod,
    template: string,
    asked: AgsRequestOptions,
    span?: CallSpan,
  ): Promise<unknown> {
    const params = { namespace, ...asked.params };
    const url = baseUrl + fillPath(template, params, asked.query);
    const body = asked.body === undefined
      ? undefined
      : JSON.stringify(asked.body);
    const signal = asked.signal === undefined
      ? binding.signal
      : AbortSignal.any([binding.signal, asked.signal]);
    const deadline = binding.deadline ?? Infinity;
    const name = `${method} ${template}`;
    const { idempotent = IDEMPOTENT.has(method) } = asked;
    let mayBeDone = false;

    async function attempt(sent: number): Promise<unknown> {
      let token = await tokens.get(signal);
      for (let isFirst = true;; isFirst = false) {
        try {
          return await send(token);
        } catch (error) {
          if (!(error instanceof AgsError) || error.status !== 401) throw error;
          tokens.invalidate(token);
          if (!isFirst) throw error;
          span?.retried({ attempt: sent, delay: 0, status: 401 });
          token = await tokens.get(signal);
          observer?.retried(name);
        }
      }
    }

    /** Waits until AGS allows one more request. */
    async function allowed(): Promise<void> {
      const longest = deadline - Date.now();
      const wait = rateLimit?.take(longest) ?? 0;
      if (wait === 0) return;
      const isSent = wait <= longest;
      observer?.rateLimited({ milliseconds: wait, isSent });
      if (!isSent) throw rateLimited(wait);
      await sleep(wait, signal);
    }

    async function send(token: string): Promise<unknown> {
      if (rateLimit !== undefined) await allowed();
      const asked = binding.lease?.confirm();
      if (asked !== undefined) await asked;
      const turn = operations.enter(name);
      const wait = breaker.enter();
      if (wait > 0) {
        const error = breakerOpen(wait);
        turn.end(error);
        throw error;
      }
      const start = performance.now();
      try {
        const headers: Record<string, string> = {
          authorization: `Bearer ${token}`,
          accept: "application/json",
          ...span?.headers,
        };
        if (body !== undefined) headers["content-type"] = "application/json";
        const init: RequestInit = { method, headers };
        // A Blob, empty or not: Deno's fetch sends any other body, and none, a second
        // time by itself when a kept connection breaks before the answer. Whether to
        // send again is decided below, where the deadline and the attempts count.
        if (method !== "GET") {
          init.body = new Blob(body === undefined ? [] : [body]);
        }
        const answer = await exchange(name, url, init, {
          signal,
          timeout: requestTimeout,
          account,
          httpClient,
          observer,
          onAnswer: span?.answered,
        });
        breaker.succeeded();
        turn.end();
        return answer;
      } catch (error) {
        mayBeDone ||= !(error instanceof AgsError) || isInDoubt(error);
        const waited = performance.now() - start;
        if (isUnanswered(error, waited)) breaker.failed();
        else if (!(error instanceof AgsError)) breaker.abandoned();
        else if (isDown(error)) breaker.failed();
        else breaker.succeeded();
        turn.end(error);
        if (isForbidden(error)) tokens.outgrow(token);
        throw error;
      }
    }

    for (let sent = 1;; sent++) {
      try {
        return await attempt(sent);
      } catch (error) {
        if (!(error instanceof AgsError) || !isWorthRetrying(error)) {
          throw error;
        }
        if (mayBeDone && !idempotent) throw error;
        // Events are to be answered at once while AGS is down, not to wait for it.
        if (breaker.state !== "closed") throw error;
        const { retryAfter } = error;
        const timeLeft = deadline - Date.now();
        const failed = { attempt: sent, timeLeft, retryAfter };
        const delay = nextDelay(failed, options.backoff);
        if (delay === undefined) throw error;
        span?.retried({ attempt: sent, delay, status: error.status });
        await sleep(delay, signal);
        observer?.retried(name);
      }
    }
  }

  /** The same, where the handler's own signal ending it is AGS not answering. */
  async function requestWithin(
    bound: Bound,
    method: AgsMethod,
    template: string,
    asked: AgsRequestOptions,
    span?: CallSpan,
  ): Promise<unknown> {
    try {
      return await request(bound, method, template, asked, span);
    } catch (error) {
      const isOwn = asked.signal?.aborted && error === asked.signal.reason;
      if (!isOwn || bound.binding.signal.aborted) throw error;
      throw new AgsError(
        `${method} ${template} was ended by the handler's own signal`,
        { retryable: true, cause: error },
      );
    }
  }

  return {
    get breaker() {
      return breaker.state;
    },
    get token() {
      return tokens.times;
    },
    bind(binding) {
      let account: AnswerAccount | undefined;
      const bound: Bound = {
        binding,
        get account() {
          return account ??= memory.open(binding.ending);
        },
      };
      return {
        namespace,
        // The caller names the shape, as it would of `JSON.parse`.
        request: <T>(
          method: AgsMethod,
          path: string,
          asked: AgsRequestOptions = {},
        ) => {
          const run = (span?: CallSpan) =>
            requestWithin(bound, method, path, asked, span) as Promise<T>;
          return traceCall === undefined
            ? run()
            : traceCall({ method, route: path }, run);
        },
      };
    },
    async ready(signal) {
      await tokens.get(signal);
    },
    [Symbol.dispose]() {
      tokens[Symbol.dispose]();
      httpClient.close();
    },
  };
}

/**
 * Connections that are kept for later requests. Each keeps a buffer of up to 400 kB
 * once an answer was large: what is asked at once may be much more than is needed then.
 */
const MAX_IDLE_CONNECTIONS = 64;

interface Bound {
  readonly binding: AgsBinding;
  readonly account: AnswerAccount;
}

/** Methods that may be repeated to no harm unless a call says otherwise (RFC 9110). */
const IDEMPOTENT: ReadonlySet<AgsMethod> = new Set(["GET", "PUT", "DELETE"]);

/**
 * Whether the request itself is sent again. Not after an answer that made no sense
 * or a login that was refused: those fail the event, which comes again later.
 */
function isWorthRetrying(error: AgsError): boolean {
  const { status, errorCode, retryable } = error;
  return retryable && (status === undefined || isTransient(status, errorCode));
}

/** How long a server may be silent before an event's deadline says something of it. */
const SILENCE = 1_000;

/** Whether the event's time was up while the server had long been silent. */
function isUnanswered(error: unknown, milliseconds: number): boolean {
  return error instanceof DeadlineError && milliseconds >= SILENCE;
}

/** Whether the server did not answer, or said that it cannot. */
function isDown(error: AgsError): boolean {
  return error.status === undefined || error.status >= 500;
}

/** Whether AGS says that the token lacks a permission. */
function isForbidden(error: unknown): boolean {
  return error instanceof AgsError && error.status === 403 && error.isOutage;
}

function breakerOpen(wait: number): AgsError {
  return new AgsError(
    "AGS is not asked: it did not answer several times in a row",
    {
      retryable: true,
      isOutage: true,
      retryAfter: Math.ceil(wait),
      isUnsent: true,
    },
  );
}

function rateLimited(wait: number): AgsError {
  return new AgsError(
    "AGS is not asked: the rate limit has no place before the event's time is up",
    {
      retryable: true,
      retryAfter: Math.ceil(wait),
      isUnsent: true,
    },
  );
}
