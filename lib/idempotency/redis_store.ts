/**
 * A store in Redis: shared by all replicas, and kept across restarts.
 *
 * @module
 */

import type { Claim, IdempotencyStore } from "../core/idempotency_store.ts";
import {
  connectRedis,
  plain,
  type RedisConnectionOptions,
  type Scripts,
} from "./_redis_connection.ts";

/** Options of {@linkcode createRedisStore}. */
export interface RedisStoreOptions extends RedisConnectionOptions {
  /** The prefix of all keys: other apps on the same server have another one. */
  readonly prefix: string;
}

/**
 * Creates the store and starts connecting; it reconnects for ever. While there
 * is no connection, or the server is unusable (a replica, a sentinel, a cluster
 * node), operations reject at once, and events are answered as failed.
 *
 * The server must not evict keys (`maxmemory-policy noeviction`), and keeps
 * across its own restarts only what it persists.
 */
export function createRedisStore(options: RedisStoreOptions): IdempotencyStore {
  const { prefix } = options;
  const connection = connectRedis(options);

  async function call(
    name: keyof Scripts,
    key: string,
    ...args: (string | number)[]
  ): Promise<unknown> {
    try {
      const client = await connection.ready();
      const answer = await client[name](prefix + key, ...args);
      connection.worked();
      return answer;
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
  // Something between here and Redis may answer, too; its answer must not count
  // as "done".
  const [state, ...rest] = Array.isArray(answer) ? answer : [];
  const [first = 0, failures = 0, countedAt = 0, firstAt = 0] = rest.map(
    Number,
  );
  switch (state) {
    case "claimed":
      return { state, attempt: first, tally: { failures, countedAt }, firstAt };
    case "held":
      return { state, retryAfter: first };
    case "done":
    case "dead_letter":
      return { state };
    default:
      throw new Error(
        "Redis answered a claim with something that no script returns",
      );
  }
}
