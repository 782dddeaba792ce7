/**
 * The service's own login: one valid token, shared by all requests.
 *
 * @module
 */

import { z } from "zod";
import { ShutdownError } from "../core/errors.ts";
import { tokenLife } from "../core/peer_delay.ts";
import type { CallSpan, TraceCall } from "../core/tracing.ts";
import { Secret } from "../config/secret.ts";
import { createAnswerMemory } from "./answer_memory.ts";
import { AgsError } from "./errors.ts";
import { exchange } from "./exchange.ts";
import type { AgsObserver } from "./observer.ts";

/** Options of {@linkcode createTokenSource}. */
export interface TokenSourceOptions {
  /** Where AGS is, without a trailing slash. */
  readonly baseUrl: string;
  /** The IAM client's id. */
  readonly clientId: string;
  /** The IAM client's secret. */
  readonly clientSecret: Secret;
  /** Called when a refresh fails while the old token is still valid. */
  readonly onRefreshFailed?: (error: unknown) => void;
  /** Called when IAM itself refuses the client, which may be disabled. */
  readonly onClientRefused?: (error: AgsError) => void;
  /** Observes every login. */
  readonly observer?: AgsObserver;
  /** The HTTP client whose connections are used. @default {the process's} */
  readonly httpClient?: Deno.HttpClient | undefined;
  /** Runs each login in a span. @default {none} */
  readonly traceCall?: TraceCall | undefined;
  /** Time limit for one login, in milliseconds. @default {10000} */
  readonly timeout?: number;
  /** Milliseconds, monotonic. @default {performance.now} */
  readonly now?: () => number;
}

/** Age and remaining lifetime of a token. */
export interface TokenTimes {
  /** Since its login began, in milliseconds. */
  readonly age: number;
  /** Until it expires, in milliseconds; negative if it has expired. */
  readonly expiresIn: number;
}

/** A source of bearer tokens. */
export interface TokenSource extends Disposable {
  /** Times of the current token; `undefined` if there is none. */
  readonly times: TokenTimes | undefined;
  /**
   * Returns a valid token: the current one, or one from a new login.
   *
   * @throws {AgsError} The login failed, now or a moment ago. Always retryable,
   * because no event should be lost because this service cannot log in.
   * @throws {ShutdownError} The source was disposed of.
   * @throws The signal's reason, if it aborted.
   */
  get(signal: AbortSignal): Promise<string>;
  /** Reports that AGS refused this token: it is not used again. */
  invalidate(token: string): void;
  /**
   * Reports that this token lacks a permission. The token is then renewed while
   * it is still valid, because only new tokens have permissions granted since.
   * This happens at most every half minute, so that a missing permission does
   * not cause constant logins.
   */
  outgrow(token: string): void;
}

/**
 * Share of a token's lifetime after which it is refreshed, as in AGS's own
 * SDKs.
 */
const REFRESH_AT = 0.8;

/** How long a token that lacks a permission is kept, in milliseconds. */
const OUTGROWN_AFTER = 30_000;

/** Pause after a failed refresh, in milliseconds. */
const REFRESH_PAUSE = 5_000;

/**
 * Pause after the second consecutive failed login, in milliseconds. It doubles
 * with each further failure: without a pause, every event would try to log in
 * and use up the studio's rate limit.
 */
const LOGIN_PAUSE = 100;

/** The longest such pause, unless IAM asks for more. */
const MAX_LOGIN_PAUSE = 5_000;

/** The longest token, in characters; no server accepts longer headers. */
const MAX_TOKEN = 64 * 1024;

const TokenAnswer = z.object({
  // The characters that RFC 6750 allows in a bearer token. fetch() rejects some
  // others with messages that show the token.
  access_token: z.string().max(MAX_TOKEN).regex(/^[\w\-.~+/]+=*$/),
  expires_in: z.number().positive(),
});

interface Token {
  readonly value: string;
  readonly startedAt: number;
  readonly expiresAt: number;
  refreshAt: number;
}

/** The login route. */
export const TOKEN_ROUTE = "/iam/v3/oauth/token";

/**
 * Creates a source that logs in with the client's credentials (OAuth 2.0
 * `client_credentials`, HTTP Basic) when a token is first needed.
 *
 * Only one login runs at a time, whoever waits for it. After 80 % of its
 * lifetime, a token is renewed in the background while it is still valid. While
 * logins fail, IAM is called less and less often.
 */
export function createTokenSource(options: TokenSourceOptions): TokenSource {
  const { baseUrl, timeout = 10_000, observer } = options;
  const now = options.now ?? (() => performance.now());
  const disposed = new AbortController();
  // Only one login runs at a time, and nothing of its answer is kept.
  const memory = createAnswerMemory();
  let token: Token | undefined;
  let login: Promise<Token> | undefined;
  let failures = 0;
  let pause: Pause | undefined;

  async function get(signal: AbortSignal): Promise<string> {
    signal.throwIfAborted();
    const at = now();
    if (token !== undefined && at < token.expiresAt) {
      if (at >= token.refreshAt) refresh();
      return token.value;
    }
    if (login === undefined && pause !== undefined && at < pause.until) {
      throw pausedError(pause, at);
    }
    return (await untilAborted(start(), signal)).value;
  }

  function start(): Promise<Token> {
    login ??= tracedLogIn().then(succeed, fail).finally(() =>
      login = undefined
    );
    return login;
  }

  function succeed(fresh: Token): Token {
    failures = 0;
    pause = undefined;
    observer?.loggedIn(true);
    return token = fresh;
  }

  function fail(error: unknown): never {
    const at = now();
    if (!disposed.signal.aborted) observer?.loggedIn(false);
    if (isRefusal(error)) options.onClientRefused?.(error);
    if (token !== undefined && at < token.expiresAt) {
      token.refreshAt = at + Math.max(REFRESH_PAUSE, askedPause(error));
    } else if (error instanceof AgsError) {
      const own = pauseAfter(++failures);
      pause = { until: at + Math.max(own, askedPause(error)), error };
    }
    throw error;
  }

  function refresh(): void {
    if (login !== undefined) return;
    start().catch((error) => {
      if (!disposed.signal.aborted) options.onRefreshFailed?.(error);
    });
  }

  function tracedLogIn(): Promise<Token> {
    const { traceCall } = options;
    return traceCall === undefined
      ? logIn()
      : traceCall({ method: "POST", route: TOKEN_ROUTE }, logIn);
  }

  async function logIn(span?: CallSpan): Promise<Token> {
    const startedAt = now();
    const { clientId, clientSecret } = options;
    const pair = `${clientId}:${clientSecret.reveal()}`;
    // As one secret, so that no error text can contain it.
    const basic = new Secret(new TextEncoder().encode(pair).toBase64());
    const response = await exchange(
      `POST ${TOKEN_ROUTE}`,
      `${baseUrl}${TOKEN_ROUTE}`,
      {
        method: "POST",
        headers: {
          authorization: `Basic ${basic.reveal()}`,
          "content-type": "application/x-www-form-urlencoded",
          accept: "application/json",
          ...span?.headers,
        },
        body: "grant_type=client_credentials",
      },
      {
        signal: disposed.signal,
        timeout,
        account: memory.open(),
        httpClient: options.httpClient,
        observer,
        onAnswer: span?.answered,
      },
    ).catch(asOutage);
    const answer = TokenAnswer.safeParse(response);
    if (!answer.success) {
      throw new AgsError(
        `AGS answered POST ${TOKEN_ROUTE} without a token: expected access_token and expires_in`,
        { status: 200, retryable: true, isOutage: true },
      );
    }
    const life = tokenLife(answer.data.expires_in);
    return {
      value: new Secret(answer.data.access_token, { isPassing: true })
        .reveal(),
      startedAt,
      expiresAt: startedAt + life,
      refreshAt: startedAt + life * REFRESH_AT,
    };
  }

  return {
    get,
    get times() {
      if (token === undefined) return undefined;
      const at = now();
      return { age: at - token.startedAt, expiresIn: token.expiresAt - at };
    },
    invalidate(refused) {
      if (token?.value === refused) token = undefined;
    },
    outgrow(outgrown) {
      if (token?.value !== outgrown) return;
      const at = now();
      if (at - token.startedAt < OUTGROWN_AFTER) return;
      token.refreshAt = Math.min(token.refreshAt, at);
    },
    [Symbol.dispose]() {
      disposed.abort(new ShutdownError("AGS client is closed"));
    },
  };
}

/** A pause of logins, and its reason. */
interface Pause {
  readonly until: number;
  readonly error: AgsError;
}

function pauseAfter(failures: number): number {
  // A single failure may be a hiccup.
  if (failures < 2) return 0;
  return Math.min(MAX_LOGIN_PAUSE, LOGIN_PAUSE * 2 ** (failures - 2));
}

function askedPause(error: unknown): number {
  return error instanceof AgsError ? error.retryAfter ?? 0 : 0;
}

/** The error of the last login, with the time of the next one. */
function pausedError({ until, error }: Pause, at: number): AgsError {
  return new AgsError(`Login is paused: ${error.message}`, {
    status: error.status,
    errorCode: error.errorCode,
    errorMessage: error.errorMessage,
    retryable: true,
    isOutage: true,
    retryAfter: Math.ceil(until - at),
    cause: error,
  });
}

/** Whether IAM itself refuses the client. */
function isRefusal(error: unknown): error is AgsError {
  if (!(error instanceof AgsError) || error.isForeign) return false;
  const { status = 0 } = error;
  return status >= 400 && status <= 403;
}

/**
 * A failed login is not an event's fault, and no event is lost because of it.
 */
function asOutage(error: unknown): never {
  if (!(error instanceof AgsError)) throw error;
  const { message, status, errorCode, errorMessage, retryAfter } = error;
  throw new AgsError(message, {
    status,
    errorCode,
    errorMessage,
    retryAfter,
    isForeign: error.isForeign,
    isUnsent: error.isUnsent,
    retryable: true,
    isOutage: true,
    ...(error.cause !== undefined && { cause: error.cause }),
  });
}

/**
 * Waits until the signal aborts; the underlying work continues for other
 * waiters.
 */
function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    signal.addEventListener("abort", onAbort);
    promise.then(resolve, reject).finally(() =>
      signal.removeEventListener("abort", onAbort)
    );
  });
}
