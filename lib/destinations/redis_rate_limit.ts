/**
 * A rate limit in Redis, shared by all processes.
 *
 * @module
 */

import { abortable } from "../core/async.ts";
import { createRateLimit } from "../core/rate_limit.ts";
import type { DestinationRateLimit } from "./destination.ts";

/** The part of a Redis client that it needs; ioredis has it. */
export interface RedisCommands {
  /** Runs a script. */
  eval(
    script: string,
    keys: number,
    ...args: readonly (string | number)[]
  ): Promise<unknown>;
}

/** Options of {@linkcode createRedisRateLimit}. */
export interface RedisRateLimitOptions {
  /** Redis. */
  readonly redis: RedisCommands;
  /** Names the destination: processes with the same key share the limit. */
  readonly key: string;
  /** Requests per second, of all processes together. */
  readonly perSecond: number;
  /**
   * Called if Redis does not answer: the limit then applies to this process
   * alone.
   */
  readonly onFailed?: (error: unknown) => void;
}

/**
 * The generic cell rate algorithm on Redis's own clock, in microseconds. It
 * stores one number: the end of the schedule.
 */
const SCRIPT = `
local time = redis.call("TIME")
local now = time[1] * 1000000 + time[2]
local interval, tolerance, longest =
  tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local start = math.max(tonumber(redis.call("GET", KEYS[1]) or 0), now)
local wait = math.max(0, start - tolerance - now)
if wait <= longest then
  local ttl = math.ceil((start + interval - now) / 1000) + 1000
  redis.call("SET", KEYS[1], string.format("%.0f", start + interval), "PX", ttl)
end
return string.format("%.0f", wait)
`;

/** Time limit for Redis's answer, in milliseconds. */
const TIMEOUT = 500;

/**
 * Creates a limit. While Redis does not answer, the limit applies to this
 * process alone.
 */
export function createRedisRateLimit(
  options: RedisRateLimitOptions,
): DestinationRateLimit {
  const { redis, key, perSecond, onFailed } = options;
  const burst = Math.max(1, Math.floor(perSecond));
  const interval = Math.round(1_000_000 / perSecond);
  const tolerance = (burst - 1) * interval;
  const own = createRateLimit({ perMinute: perSecond * 60, burst });
  return {
    async take(longest) {
      try {
        const most = Math.round(Math.min(longest, 3_600_000) * 1_000);
        const wait = await abortable(
          redis.eval(SCRIPT, 1, key, interval, tolerance, most),
          AbortSignal.timeout(TIMEOUT),
        );
        return Number(wait) / 1_000;
      } catch (error) {
        onFailed?.(error);
        return own.take(longest);
      }
    },
  };
}
