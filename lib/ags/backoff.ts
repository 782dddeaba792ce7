/**
 * When to try a request again.
 *
 * @module
 */

import { peerDelay } from "../core/peer_delay.ts";

/** Options of {@linkcode nextDelay}. */
export interface BackoffOptions {
  /** Requests sent at most for one call, the first one included. @default {5} */
  readonly maxAttempts?: number;
  /** Upper bound of the first delay, in milliseconds; doubles each time. @default {100} */
  readonly baseDelay?: number;
  /** Upper bound of any delay, in milliseconds. @default {5000} */
  readonly maxDelay?: number;
  /** A number from 0 up to 1. @default {Math.random} */
  readonly random?: () => number;
}

/** What is known when a request has failed. */
export interface FailedAttempt {
  /** How many requests were sent, from 1. */
  readonly attempt: number;
  /** Milliseconds that are left until the deadline; infinite without one. */
  readonly timeLeft: number;
  /** Milliseconds that AGS asked to wait; a minute of them counts. */
  readonly retryAfter: number | undefined;
}

/**
 * Milliseconds to wait before the next attempt: exponential with full jitter, not
 * less than AGS asked for. `undefined` when the attempts are used up or the deadline
 * would pass meanwhile: then waiting only delays the answer.
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
