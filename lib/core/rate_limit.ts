/**
 * Keeps requests within what a server allows.
 *
 * @module
 */

/** Options of {@linkcode createRateLimit}. */
export interface RateLimitOptions {
  /** Requests a minute. */
  readonly perMinute: number;
  /**
   * Requests that may be sent at once after a quiet time.
   *
   * @default {a second's worth, at least 1}
   */
  readonly burst?: number;
  /** Milliseconds, monotonic. @default {performance.now} */
  readonly now?: () => number;
}

/** A rate limit that all requests share. */
export interface RateLimit {
  /**
   * Takes the next free place.
   *
   * @param longest The longest wait that is of use, in milliseconds.
   * @returns Milliseconds to wait before sending, 0 most of the time; above
   * `longest`, no place is taken.
   */
  take(longest: number): number;
}

/**
 * Creates a limit. It is a schedule, not a queue: each request is told when its place
 * comes, so that first come is first served and nothing has to be kept
 * (the generic cell rate algorithm).
 */
export function createRateLimit(options: RateLimitOptions): RateLimit {
  const { perMinute } = options;
  const now = options.now ?? (() => performance.now());
  const interval = 60_000 / perMinute;
  const burst = options.burst ?? Math.max(1, Math.floor(perMinute / 60));
  const tolerance = (burst - 1) * interval;
  /** When the schedule is empty again. */
  let scheduledUntil = -Infinity;
  return {
    take(longest) {
      const at = now();
      const start = Math.max(scheduledUntil, at);
      const wait = Math.max(0, start - tolerance - at);
      if (wait <= longest) scheduledUntil = start + interval;
      return wait;
    },
  };
}
