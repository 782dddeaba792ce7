/**
 * Decides when to retry a request.
 *
 * @module
 */

import { peerDelay } from "../core/peer_delay.ts";

/** Options of {@linkcode nextDelay}. */
export interface BackoffOptions {
  /** The most requests for one call, including the first. @default {5} */
  readonly maxAttempts?: number;
  /**
   * Upper bound of the first delay, in milliseconds; it doubles each time.
   * @default {100}
   */
  readonly baseDelay?: number;
  /** Upper bound of any delay, in milliseconds. @default {5000} */
  readonly maxDelay?: number;
  /** A number from 0 up to 1. @default {Math.random} */
  readonly random?: () => number;
}

/** The state after a failed request. */
export interface FailedAttempt {
  /** How many requests were sent, from 1. */
  readonly attempt: number;
  /** Milliseconds left until the deadline; infinite without one. */
  readonly timeLeft: number;
  /** Milliseconds that AGS asked to wait; capped at a minute. */
  readonly retryAfter: number | undefined;
}

/**
 * Milliseconds to wait before the next attempt: exponential with full jitter,
 * and at least as long as AGS asked for. `undefined` if no attempts are left or
 * the deadline would pass during the wait.
 */
export function nextDelay(
  failed: FailedAttempt,
  options: BackoffOptions = {},
): number | undefined {
  const { maxAttempts = 5, baseDelay = 100, maxDelay = 5_000 } = options;
  const random = options.random ?? Math.random;
  if (failed.attempt >= maxAttempts) return undefined;
  const bound = Math.min(maxDelay, baseDelay * 2 ** (failed.attempt - 1));
  const delay = Math.max(random() * bound, peerDelay(failed.retryAfter) ?? 0);
  return delay < failed.timeLeft ? delay : undefined;
}
