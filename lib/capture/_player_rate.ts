/**
 * Keeps each player within a rate.
 *
 * @module
 */

import { HttpProblem } from "../core/http.ts";

/** Options of {@linkcode createPlayerRate}. */
export interface PlayerRateOptions {
  /** Events a second of one player; 0: as many as they like. */
  readonly perSecond: number;
  /** Events that may come at once after a quiet time. */
  readonly burst: number;
  /** Players that are remembered. @default {100000} */
  readonly limit?: number;
  /** Milliseconds, monotonic. @default {performance.now} */
  readonly now?: () => number;
}

/** A rate that each player has. */
export interface PlayerRate {
  /**
   * Takes places for so many events, all or none.
   *
   * @throws {HttpProblem} 429: there are none yet; says when.
   */
  take(player: string, count: number): void;
}

/**
 * Creates the rate (the generic cell rate algorithm): of each player it keeps one
 * number, when the schedule of what came is over. Whoever was quiet for longest is
 * forgotten first, which gives nobody more than a burst.
 */
export function createPlayerRate(options: PlayerRateOptions): PlayerRate {
  const { perSecond, burst, limit = 100_000 } = options;
  const now = options.now ?? (() => performance.now());
  const interval = 1_000 / perSecond;
  const tolerance = burst * interval;
  const scheduledUntil = new Map<string, number>();
  return {
    take(player, count) {
      if (perSecond === 0 || count === 0) return;
      const at = now();
      const start = Math.max(scheduledUntil.get(player) ?? at, at);
      const end = start + count * interval;
      const wait = end - at - tolerance;
      // More than a burst at once is let through when nothing else is scheduled: it
      // would never be.
      if (wait > 0 && !(count > burst && start <= at)) {
        throw new HttpProblem(429, "Player sends more events than allowed", {
          headers: {
            "retry-after": String(Math.max(1, Math.ceil(wait / 1_000))),
          },
        });
      }
      scheduledUntil.delete(player);
      const [oldest] = scheduledUntil.keys();
      if (scheduledUntil.size >= limit && oldest !== undefined) {
        scheduledUntil.delete(oldest);
      }
      scheduledUntil.set(player, end);
    },
  };
}
