/**
 * A connection to Redis that reconnects for ever.
 *
 * @module
 */

import { within } from "../core/async.ts";
import { isIP } from "node:net";
import type { Redis } from "ioredis";
import type { RedisUrl } from "../config/redis_url.ts";
import { loadIoredis } from "./_ioredis.ts";
import { SCRIPTS } from "./_redis_scripts.ts";
import {
  isForAnother,
  judgeServer,
  type ServerReport,
} from "./_redis_server.ts";

/** Options of {@linkcode connectRedis}. */
export interface RedisConnectionOptions {
  /** The server's address. */
  readonly url: RedisUrl;
  /** Time limit for one operation, in milliseconds. @default {1000} */
  readonly timeout?: number;
  /** CA certificates for the server, in PEM. @default {the system's} */
  readonly ca?: string | undefined;
  /**
   * Called when the connection is lost or fails, or the server turns out to be
   * unusable; again when the reason changes.
   */
  readonly onDown?: (error: Error) => void;
  /** Called when the connection works again. */
  readonly onUp?: () => void;
  /** Called about risky settings of a usable server. */
  readonly onWarning?: (warning: string) => void;
}

/** The scripts as methods of the client. */
export type Scripts = {
  readonly [K in keyof typeof SCRIPTS]: (
    key: string,
    ...args: (string | number)[]
  ) => Promise<unknown>;
};

/** A connection. */
export interface RedisConnection {
  /**
   * The client, if it is connected or about to be for the first time.
   *
   * @throws It is not connected, or the server is unusable.
   */
  ready(): Promise<Scripts>;
  /** Reports a successful operation: resets the backoff. */
  worked(): void;
  /** Closes the connection. */
  end(): Promise<void>;
}

/** Delay before reconnecting, in milliseconds: doubles up to the maximum. */
const MIN_RECONNECT = 50;
const MAX_RECONNECT = 2_000;
/**
 * How long a connection may take to close before it is destroyed, in
 * milliseconds.
 */
const DISCONNECT_TIME = 100;

/** Starts connecting, and reconnects whenever the connection ends. */
export function connectRedis(options: RedisConnectionOptions): RedisConnection {
  const { url, timeout = 1_000, onDown, onUp, onWarning } = options;
  /** Resolves when it is first known whether the server is usable. */
  const first = Promise.withResolvers<void>();
  let isSettled = false;
  first.promise.then(() => isSettled = true);
  let isUsable = false;
  let isEnded = false;
  let problem: Error | undefined;
  /** The reason reported last; `undefined` while everything works. */
  let reported: string | undefined;
  /** Consecutive useless connections. */
  let failures = 0;
  let client: Redis | undefined;

  function down(error: Error): void {
    isUsable = false;
    problem = error;
    first.resolve();
    if (isEnded || reported === error.message) return;
    reported = error.message;
    onDown?.(error);
  }

  function up(): void {
    isUsable = true;
    problem = undefined;
    first.resolve();
    if (reported !== undefined) onUp?.();
    reported = undefined;
  }

  /** Examines the server of a new connection. */
  async function examine(connected: Redis): Promise<void> {
    const { promise: closed, resolve } = Promise.withResolvers<undefined>();
    const onClose = () => resolve(undefined);
    connected.once("close", onClose);
    const report = await Promise.race([
      connected.info().then(judgeServer, unknown),
      closed,
    ]);
    connected.off("close", onClose);
    if (report === undefined) return;
    const { problem: text, warning } = report;
    if (text === undefined) {
      if (warning !== undefined) onWarning?.(`Redis at ${url} ${warning}`);
      up();
      return;
    }
    down(new Error(`Redis at ${url} ${text}`));
    connected.disconnect(true);
  }

  async function load(): Promise<void> {
    const Redis = await loadIoredis();
    if (isEnded) return;
    const opened = client = new Redis({
      ...addressOf(options),
      scripts: SCRIPTS,
      protocol: 2,
      connectTimeout: 2 * timeout,
      commandTimeout: timeout,
      // A server that is silent for longer is disconnected, with all pending
      // operations.
      socketTimeout: 2 * timeout,
      disconnectTimeout: DISCONNECT_TIME,
      keepAlive: 30_000,
      disableClientInfo: true,
      // ioredis's own check only recognises servers that are still loading.
      enableReadyCheck: false,
      // Nothing is queued for later: the event is delivered again.
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      reconnectOnError(error) {
        if (!isForAnother(error)) return false;
        down(plain(error));
        return true;
      },
      retryStrategy() {
        const longest = MIN_RECONNECT * 2 ** ++failures;
        return Math.random() * Math.min(MAX_RECONNECT, longest);
      },
    });
    opened.on("error", (error: Error) => problem = plain(error));
    opened.on("close", () => {
      down(problem ?? new Error("Redis closed the connection"));
    });
    opened.on("ready", () => void examine(opened));
  }

  const loading = load();
  loading.catch((error) => down(plain(error)));

  return {
    async ready() {
      if (!isSettled) await within(2 * timeout, first.promise);
      if (isUsable) return client as unknown as Scripts;
      throw new Error(`Redis is not connected at ${url}`, { cause: problem });
    },
    worked() {
      failures = 0;
    },
    async end() {
      isEnded = true;
      isUsable = false;
      first.resolve();
      await loading.catch(() => {});
      if (client === undefined) return;
      const ended = Promise.withResolvers<void>();
      client.once("end", ended.resolve);
      // Between two connections, nothing emits an end.
      const timer = setTimeout(ended.resolve, 2 * DISCONNECT_TIME);
      client.disconnect();
      await ended.promise;
      clearTimeout(timer);
    },
  };
}

/** The report about a server that does not describe itself. */
function unknown({ message }: Error): ServerReport {
  // It may still work: operations will show.
  if (/^NOPERM|^ERR unknown command/i.test(message)) return {};
  return { problem: `does not describe itself: ${message}` };
}

function addressOf({ url, ca }: RedisConnectionOptions) {
  return {
    host: url.host,
    port: url.port,
    db: url.db,
    ...(url.username !== undefined && { username: url.username }),
    ...(url.password && { password: url.password.reveal() }),
    ...(url.isEncrypted && {
      tls: {
        // The certificate is also checked against addresses, but TLS server
        // names are host names only.
        ...(isIP(url.host) === 0 && { servername: url.host }),
        ...(ca !== undefined && { ca }),
      },
    }),
  };
}

/**
 * The client's error without the command that it contains, which may be a
 * login.
 */
export function plain(error: unknown): Error {
  if (!(error instanceof Error)) return new Error(String(error));
  return new Error(error.message, { cause: error.cause });
}
