/**
 * Remembers events in Redis: shared by all replicas, and there after a restart.
 *
 * @module
 */

import { isIP } from "node:net";
import type { Redis } from "ioredis";
import type { Claim, IdempotencyStore } from "../core/idempotency_store.ts";
import type { RedisUrl } from "../config/redis_url.ts";
import { loadIoredis } from "./_ioredis.ts";
import { SCRIPTS } from "./_redis_scripts.ts";

/** Options of {@linkcode createRedisStore}. */
export interface RedisStoreOptions {
  /** Where the server is. */
  readonly url: RedisUrl;
  /** What all keys begin with: other apps on the same server have another one. */
  readonly prefix: string;
  /** Time for one operation, in milliseconds. @default {1000} */
  readonly timeout?: number;
  /** Certificates in PEM that the server's may be signed by. @default {the system's} */
  readonly ca?: string;
  /** Called when the connection is lost or cannot be made, once until it is made. */
  readonly onDown?: (error: Error) => void;
  /** Called when it is made again. */
  readonly onUp?: () => void;
}

/** How long to wait before connecting again, in milliseconds: doubles up to the last. */
const MIN_RECONNECT = 50;
const MAX_RECONNECT = 2_000;
/** How long a connection may take to close before it is broken off, in milliseconds. */
const DISCONNECT_TIME = 100;

/** The scripts as the client has them. */
type Scripts = {
  readonly [K in keyof typeof SCRIPTS]: (
    key: string,
    ...args: (string | number)[]
  ) => Promise<unknown>;
};

/**
 * Creates the store and begins to connect. It never gives that up: while there is no
 * connection, operations reject at once, and events are answered as failed.
 *
 * The server must not evict keys (`maxmemory-policy noeviction`), and remembers over
 * its own restarts what it persists.
 */
export function createRedisStore(options: RedisStoreOptions): IdempotencyStore {
  const { prefix } = options;
  const connection = connect(options);

  async function call(
    name: keyof Scripts,
    key: string,
    ...args: (string | number)[]
  ): Promise<unknown> {
    try {
      const client = await connection.ready();
      return await client[name](prefix + key, ...args);
    } catch (error) {
      throw plain(error);
    }
  }

  return {
    name: "redis",
    async claim(key, { token, lease, ttl, isReplay = false }) {
      const how = [token, Math.ceil(lease), ttl, isReplay ? 1 : 0];
      return claimOf(await call("claimEvent", key, ...how));
    },
    async renew(key, { token, lease }) {
      return await call("renewEvent", key, token, Math.ceil(lease)) === 1;
    },
    async complete(key, { token, ending, ttl }) {
      return await call("completeEvent", key, token, ending, ttl) === 1;
    },
    async release(key, { token, tally: { failures, countedAt }, ttl }) {
      const how = [token, failures, countedAt, ttl];
      return await call("releaseEvent", key, ...how) === 1;
    },
    [Symbol.asyncDispose]: () => connection.end(),
  };
}

function claimOf(answer: unknown): Claim {
  const [state, ...rest] = answer as [Claim["state"], ...unknown[]];
  const [first = 0, failures = 0, countedAt = 0, firstAt = 0] = rest.map(
    Number,
  );
  switch (state) {
    case "claimed":
      return { state, attempt: first, tally: { failures, countedAt }, firstAt };
    case "held":
      return { state, retryAfter: first };
    default:
      return { state };
  }
}

interface Connection {
  /**
   * The client, if it is connected or about to be for the first time.
   *
   * @throws It is not.
   */
  ready(): Promise<Scripts>;
  end(): Promise<void>;
}

function connect(options: RedisStoreOptions): Connection {
  const { url, timeout = 1_000, ca, onDown, onUp } = options;
  const first = Promise.withResolvers<void>();
  let isSettled = false;
  first.promise.then(() => isSettled = true);
  let isDown = false;
  let isEnded = false;
  let problem: Error | undefined;
  let client: Redis | undefined;

  async function load(): Promise<void> {
    const Redis = await loadIoredis();
    if (isEnded) return;
    client = new Redis({
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
      scripts: SCRIPTS,
      protocol: 2,
      connectTimeout: 2 * timeout,
      commandTimeout: timeout,
      // A server that is silent for longer is given up, with all that waits for it.
      socketTimeout: 2 * timeout,
      disconnectTimeout: DISCONNECT_TIME,
      keepAlive: 30_000,
      disableClientInfo: true,
      // A server that is still loading says so in its answers.
      enableReadyCheck: false,
      // Nothing is kept to be sent later: the event comes again.
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      // A replica that was the primary: the next connection finds the new one.
      reconnectOnError: ({ message }) => message.startsWith("READONLY"),
      retryStrategy: (times) =>
        Math.random() * Math.min(MAX_RECONNECT, MIN_RECONNECT * 2 ** times),
    });
    client.on("error", (error: Error) => problem = plain(error));
    client.on("close", () => {
      first.resolve();
      if (isDown || isEnded) return;
      isDown = true;
      onDown?.(problem ?? new Error("Redis closed the connection"));
    });
    client.on("ready", () => {
      first.resolve();
      problem = undefined;
      if (isDown) onUp?.();
      isDown = false;
    });
  }

  const loading = load();
  loading.catch((error) => {
    problem = plain(error);
    first.resolve();
  });

  return {
    async ready() {
      if (!isSettled) await within(first.promise, 2 * timeout);
      if (client?.status === "ready") return client as unknown as Scripts;
      throw new Error(`Redis is not connected at ${url}`, { cause: problem });
    },
    async end() {
      isEnded = true;
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
function plain(error: unknown): Error {
  if (!(error instanceof Error)) return new Error(String(error));
  return new Error(error.message, { cause: error.cause });
}
