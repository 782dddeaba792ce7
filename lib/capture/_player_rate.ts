/**
 * A rate limit per player.
 *
 * @module
 */

import { createBoundedMap } from "../core/bounded_map.ts";
import { HttpProblem } from "../core/http.ts";

/** Options of {@linkcode createPlayerRate}. */
export interface PlayerRateOptions {
  /** Events per second and player; 0: no limit. */
  readonly perSecond: number;
  /** Events that may arrive at once after an idle period. */
  readonly burst: number;
  /** The most players to remember. @default {100000} */
  readonly limit?: number;
  /** Milliseconds, monotonic. @default {performance.now} */
  readonly now?: () => number;
}

/** A rate limit for each player. */
export interface PlayerRate {
  /**
   * Admits this many events, all or none.
   *
   * @throws {HttpProblem} 429: not now; says when.
   */
  take(player: string, count: number): void;
}

/**
 * Creates the limit (the generic cell rate algorithm). It keeps one number per
 * player: the end of the player's schedule. The player idle for longest is
 * forgotten first, who gains no more than a burst.
 */
export function createPlayerRate(options: PlayerRateOptions): PlayerRate {
  const { perSecond, burst, limit = 100_000 } = options;
  const now = options.now ?? (() => performance.now());
  const interval = 1_000 / perSecond;
  const tolerance = burst * interval;
  const scheduledUntil = createBoundedMap<number>(limit);
  return {
    take(player, count) {
      if (perSecond === 0 || count === 0) return;
      const at = now();
      const start = Math.max(scheduledUntil.get(player) ?? at, at);
      const end = start + count * interval;
      const wait = end - at - tolerance;
      // A request larger than a burst passes if nothing is scheduled: it never
      // could otherwise.
      if (wait > 0 && !(count > burst && start <= at)) {
        throw new HttpProblem(429, "Player sends more events than allowed", {
          headers: {
            "retry-after": String(Math.max(1, Math.ceil(wait / 1_000))),
          },
        });
      }
      // Last again, as the player seen last.
      scheduledUntil.delete(player);
      scheduledUntil.set(player, end);
    },
  };
}
