/**
 * The service's own login: one token, always fresh, fetched once for all.
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
  /** Called when a refresh fails while the old token still serves. */
  readonly onRefreshFailed?: (error: unknown) => void;
  /** Called when IAM refuses the client, in its own words: it may be disabled. */
  readonly onClientRefused?: (error: AgsError) => void;
  /** Told of every login. */
  readonly observer?: AgsObserver;
  /** Whose connections are used. @default {those of all of the process} */
  readonly httpClient?: Deno.HttpClient | undefined;
  /** Runs each login within a span. @default {none} */
  readonly traceCall?: TraceCall | undefined;
  /** Time for one login, in milliseconds. @default {10000} */
  readonly timeout?: number;
  /** Milliseconds, monotonic. @default {performance.now} */
  readonly now?: () => number;
}

/** How long a token has been in use, and may be. */
export interface TokenTimes {
  /** Since its login began, in milliseconds. */
  readonly age: number;
  /** Until it expires, in milliseconds; below 0 when it has. */
  readonly expiresIn: number;
}

/** A source of bearer tokens. */
export interface TokenSource extends Disposable {
  /** Of the token at hand; `undefined` when there is none. */
  readonly times: TokenTimes | undefined;
  /**
   * A token that is valid now: the one at hand, or a new login's.
   *
   * @throws {AgsError} The login failed, now or a moment ago; retryable always,
   * since an event is not to be lost because this service cannot log in.
   * @throws {ShutdownError} The source was disposed of.
   * @throws The signal's reason, when it ended.
   */
  get(signal: AbortSignal): Promise<string>;
  /** Says that AGS refused this token: it is not handed out again. */
  invalidate(token: string): void;
  /**
   * Says that this token lacks a permission: it is renewed while it still serves,
   * for a permission that was granted since is in new tokens only. Not within half a
   * minute of its login: whoever lacks a permission does not log in all the time.
   */
  outgrow(token: string): void;
}

/** Share of a token's life after which it is refreshed, as AGS's own SDKs do. */
const REFRESH_AT = 0.8;

/** How long a token is kept that lacks a permission, in milliseconds. */
const OUTGROWN_AFTER = 30_000;

/** After a failed refresh, how long to leave IAM alone, in milliseconds. */
const REFRESH_PAUSE = 5_000;

/**
 * How long to leave IAM alone after the second failed login in a row, in
 * milliseconds. Each further one doubles it: without a pause, every event would ask,
 * and use up what requests the studio has.
 */
const LOGIN_PAUSE = 100;

/** The longest such pause, unless IAM asks for more. */
const MAX_LOGIN_PAUSE = 5_000;

/** Longest token, in characters: no server takes headers as long. */
const MAX_TOKEN = 64 * 1024;

const TokenAnswer = z.object({
  // What RFC 6750 lets a bearer token be made of: fetch() refuses some of the rest,
  // in words that show it.
  access_token: z.string().max(MAX_TOKEN).regex(/^[\w\-.~+/]+=*$/),
  expires_in: z.number().positive(),
});

interface Token {
  readonly value: string;
  readonly startedAt: number;
  readonly expiresAt: number;
  refreshAt: number;
}

/** Where to log in. */
export const TOKEN_ROUTE = "/iam/v3/oauth/token";

/**
 * Creates a source that logs in with the client's credentials (OAuth 2.0
 * `client_credentials`, HTTP Basic) when a token is first needed.
 *
 * One login is under way at a time, whoever waits for it. From 80 % of its life on
 * a token is renewed in the background while it still serves. While logins fail,
 * IAM is asked less and less often.
 */
export function createTokenSource(options: TokenSourceOptions): TokenSource {
  const { baseUrl, timeout = 10_000, observer } = options;
  const now = options.now ?? (() => performance.now());
  const disposed = new AbortController();
  // One login is under way at a time, and nothing of its answer is kept.
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
    // As one secret: it is to be in no text that says what was sent.
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

/** IAM is left alone for a while, and why. */
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

/** What failed the last login, and when the next one may be tried. */
function pausedError({ until, error }: Pause, at: number): AgsError {
  return new AgsError(`Login is not tried yet: ${error.message}`, {
    status: error.status,
    errorCode: error.errorCode,
    errorMessage: error.errorMessage,
    retryable: true,
    isOutage: true,
    retryAfter: Math.ceil(until - at),
    cause: error,
  });
}

/** Whether IAM itself says that the client may not log in. */
function isRefusal(error: unknown): error is AgsError {
  if (!(error instanceof AgsError) || error.isForeign) return false;
  const { status = 0 } = error;
  return status >= 400 && status <= 403;
}

/** No event is to blame for a login that fails, and none is lost for it. */
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

/** Waits no longer than `signal` lets; what is waited for goes on for the others. */
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
