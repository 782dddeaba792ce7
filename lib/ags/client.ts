/**
 * The AGS client: sends every request with a valid token, before its event's
 * deadline.
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
  /** The namespace of this app. */
  readonly namespace: string;
  /** Requests per minute, over all events; 0: no limit. @default {0} */
  readonly rateLimit?: number;
  /** Called when a token refresh fails while the old token is still valid. */
  readonly onRefreshFailed?: (error: unknown) => void;
  /**
   * Called when an operation is refused, then once a minute while it continues.
   */
  readonly onRefused?: (refused: RefusedOperation) => void;
  /** Observes every request, login and breaker change. */
  readonly observer?: AgsObserver;
  /** Runs each request, including its retries, in a span. @default {none} */
  readonly traceCall?: TraceCall | undefined;
  /** Time limit for one request, in milliseconds. @default {10000} */
  readonly requestTimeout?: number;
  /**
   * The memory for answers, while they are read and their events are handled.
   */
  readonly answerMemory?: AnswerMemoryOptions;
  /** How requests are retried. */
  readonly backoff?: BackoffOptions;
  /** Options of the circuit breakers. */
  readonly breaker?: BreakerOptions;
}

/** What a bound client's requests depend on. */
export interface AgsBinding {
  /** Aborts every request. */
  readonly signal: AbortSignal;
  /** No retry starts after this time: milliseconds since the epoch. */
  readonly deadline?: number | undefined;
  /**
   * Disposed of when the answers are no longer needed: until then they count
   * towards the answer memory. Without it, they count only while they are read.
   */
  readonly ending?: DisposableStack | undefined;
  /** The lease to confirm right before each request is sent. @default {none} */
  readonly lease?: Lease | undefined;
}

/** The AGS client. It sends nothing before the first request. */
export interface AgsClient extends Disposable {
  /** Whether requests to AGS pass, see {@linkcode BreakerState}. */
  readonly breaker: BreakerState;
  /** Age and expiry of the current token; `undefined` if there is none. */
  readonly token: TokenTimes | undefined;
  /** AGS's REST API, bound to an event's signal and deadline. */
  bind(binding: AgsBinding): Ags;
  /**
   * Checks that a token exists or can be fetched.
   *
   * @throws {AgsError} The login failed.
   */
  ready(signal: AbortSignal): Promise<void>;
}

/**
 * Creates the client.
 *
 * Retries within the deadline: network errors, 408, 429 (not before its
 * Retry-After), 409 with code 20006, 5xx. After a 401 it logs in again and
 * tries once more. A request that is not idempotent is not repeated if AGS may
 * have performed it. A breaker stops requests while AGS is down: they then fail
 * at once. Each operation also has its own breaker, for a missing permission or
 * a proxy that answers in AGS's place.
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

    /** Waits until the rate limit admits one more request. */
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
        // Always a Blob, even if empty: with any other body or none, Deno's
        // fetch repeats a request by itself if a kept connection breaks before
        // the answer. Retries are decided below, with the deadline and the
        // attempts.
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
        // While AGS is down, events are to be answered at once instead of
        // waiting.
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

  /**
   * Runs the request; if the handler's own signal aborts it, AGS counts as
   * unresponsive.
   */
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
        `${method} ${template} was aborted by the handler's own signal`,
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
        // The caller names the type, as with `JSON.parse`.
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
 * Idle connections to keep. Each keeps a buffer of up to 400 kB after a large
 * answer, and bursts open far more connections than are needed later.
 */
const MAX_IDLE_CONNECTIONS = 64;

interface Bound {
  readonly binding: AgsBinding;
  readonly account: AnswerAccount;
}

/**
 * Methods that may be repeated safely unless a call says otherwise (RFC 9110).
 */
const IDEMPOTENT: ReadonlySet<AgsMethod> = new Set(["GET", "PUT", "DELETE"]);

/**
 * Whether to retry the request itself. Not after an invalid answer or a refused
 * login: these fail the event, which is delivered again later.
 */
function isWorthRetrying(error: AgsError): boolean {
  const { status, errorCode, retryable } = error;
  return retryable && (status === undefined || isTransient(status, errorCode));
}

/**
 * How long a server must be silent before an event's deadline counts against
 * it.
 */
const SILENCE = 1_000;

/**
 * Whether the event's deadline passed after the server had long been silent.
 */
function isUnanswered(error: unknown, milliseconds: number): boolean {
  return error instanceof DeadlineError && milliseconds >= SILENCE;
}

/** Whether the server did not answer, or reported that it cannot. */
function isDown(error: AgsError): boolean {
  return error.status === undefined || error.status >= 500;
}

/** Whether AGS reports a missing permission. */
function isForbidden(error: unknown): boolean {
  return error instanceof AgsError && error.status === 403 && error.isOutage;
}

function breakerOpen(wait: number): AgsError {
  return new AgsError(
    "AGS requests are paused: it did not answer several times in a row",
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
    "AGS request was not sent: the rate limit cannot admit it before the " +
      "event's deadline",
    {
      retryable: true,
      retryAfter: Math.ceil(wait),
      isUnsent: true,
    },
  );
}
