/**
 * The connection to Redis, which is never given up.
 *
 * @module
 */

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
  /** Where the server is. */
  readonly url: RedisUrl;
  /** Time for one operation, in milliseconds. @default {1000} */
  readonly timeout?: number;
  /** Certificates in PEM that the server's may be signed by. @default {the system's} */
  readonly ca?: string | undefined;
  /**
   * Called when the connection is lost or cannot be made, or the server turns out to be
   * none that can be used; again when the reason changes.
   */
  readonly onDown?: (error: Error) => void;
  /** Called when all is well again. */
  readonly onUp?: () => void;
  /** Called with what a server that can be used should not be set to. */
  readonly onWarning?: (warning: string) => void;
}

/** The scripts as the client has them. */
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
   * @throws It is not, or the server cannot be used.
   */
  ready(): Promise<Scripts>;
  /** To be called when the server has done something: it is not tried in vain. */
  worked(): void;
  /** Ends it. */
  end(): Promise<void>;
}

/** How long to wait before connecting again, in milliseconds: doubles up to the last. */
const MIN_RECONNECT = 50;
const MAX_RECONNECT = 2_000;
/** How long a connection may take to close before it is broken off, in milliseconds. */
const DISCONNECT_TIME = 100;

/** Begins to connect, and does so again whenever the connection ends. */
export function connectRedis(options: RedisConnectionOptions): RedisConnection {
  const { url, timeout = 1_000, onDown, onUp, onWarning } = options;
  /** Resolves when it is known for the first time whether the server can be used. */
  const first = Promise.withResolvers<void>();
  let isSettled = false;
  first.promise.then(() => isSettled = true);
  let isUsable = false;
  let isEnded = false;
  let problem: Error | undefined;
  /** The reason that was reported last; `undefined` while all is well. */
  let reported: string | undefined;
  /** Connections in a row that were of no use. */
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

  /** Looks at the server that a connection has led to. */
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
      // A server that is silent for longer is given up, with all that waits for it.
      socketTimeout: 2 * timeout,
      disconnectTimeout: DISCONNECT_TIME,
      keepAlive: 30_000,
      disableClientInfo: true,
      // Its own knows only servers that are still loading.
      enableReadyCheck: false,
      // Nothing is kept to be sent later: the event comes again.
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
      if (!isSettled) await within(first.promise, 2 * timeout);
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
      // Between two connections there is nothing that ends.
      const timer = setTimeout(ended.resolve, 2 * DISCONNECT_TIME);
      client.disconnect();
      await ended.promise;
      clearTimeout(timer);
    },
  };
}

/** What is known of a server that does not say what it is. */
function unknown({ message }: Error): ServerReport {
  // It may work all the same: operations show it.
  if (/^NOPERM|^ERR unknown command/i.test(message)) return {};
  return { problem: `does not say what it is: ${message}` };
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
        // The certificate is checked for an address, too, but TLS names only hosts.
        ...(isIP(url.host) === 0 && { servername: url.host }),
        ...(ca !== undefined && { ca }),
      },
    }),
  };
}

/** Waits for something, not longer than this many milliseconds. */
function within(promise: Promise<void>, milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    promise.then(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** What the client says, without the command that it keeps: that may be a login. */
export function plain(error: unknown): Error {
  if (!(error instanceof Error)) return new Error(String(error));
  return new Error(error.message, { cause: error.cause });
}
