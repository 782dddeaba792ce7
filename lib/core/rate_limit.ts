/**
 * A client-side rate limit.
 *
 * @module
 */

/** Options of {@linkcode createRateLimit}. */
export interface RateLimitOptions {
  /** Requests per minute. */
  readonly perMinute: number;
  /**
   * Requests that may be sent at once after an idle period.
   *
   * @default {a second's worth, at least 1}
   */
  readonly burst?: number;
  /** Milliseconds, monotonic. @default {performance.now} */
  readonly now?: () => number;
}

/** A rate limit shared by all requests. */
export interface RateLimit {
  /**
   * Takes the next free slot.
   *
   * @param longest The longest useful wait, in milliseconds.
   * @returns Milliseconds to wait before sending, usually 0; if above
   * `longest`, no slot is taken.
   */
  take(longest: number): number;
}

/**
 * Creates a limit. It is a schedule, not a queue: each request learns when its
 * slot is, so that requests are served in order and nothing has to be stored
 * (the generic cell rate algorithm).
 */
export function createRateLimit(options: RateLimitOptions): RateLimit {
  const { perMinute } = options;
  const now = options.now ?? (() => performance.now());
  const interval = 60_000 / perMinute;
  const burst = options.burst ?? Math.max(1, Math.floor(perMinute / 60));
  const tolerance = (burst - 1) * interval;
  /** The end of the current schedule. */
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
