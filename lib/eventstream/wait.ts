/**
 * Waiting that ends.
 *
 * @module
 */

import { MAX_TIMEOUT } from "../core/sleep.ts";

/** Options of {@linkcode growingDelay}. */
export interface GrowingDelayOptions {
  /** The first delay, in milliseconds. */
  readonly base: number;
  /** The longest, in milliseconds. */
  readonly max: number;
  /** A number from 0 up to 1. @default {Math.random} */
  readonly random?: () => number;
}

/**
 * The delay before the next attempt: doubles each time up to `max`, and is shortened by
 * up to a half at random, so that many who failed together do not come back together.
 *
 * @param attempt How many attempts have failed, from 1.
 */
export function growingDelay(
  attempt: number,
  options: GrowingDelayOptions,
): number {
  const random = options.random ?? Math.random;
  const full = Math.min(options.max, options.base * 2 ** (attempt - 1));
  return full - random() * full / 2;
}

/** Waits, or less when the signal ends. Never rejects. */
export function sleep(
  milliseconds: number,
  signal?: AbortSignal,
): Promise<void> {
  if (signal?.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(done, Math.min(milliseconds, MAX_TIMEOUT));
    signal?.addEventListener("abort", done, { once: true });
    function done(): void {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    }
  });
}

/** Waits for work, but no longer than asked. @returns Whether it ended in time. */
export async function within(
  milliseconds: number,
  work: Promise<unknown>,
): Promise<boolean> {
  const timer = new AbortController();
  const late = sleep(milliseconds, timer.signal).then(() => false);
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    timer.abort();
  }
}

/**
 * What work has, or `undefined` if the signal ends before: for what cannot be broken
 * off, and is not waited for then.
 */
export async function unlessAborted<T>(
  work: Promise<T>,
  signal: AbortSignal,
): Promise<T | undefined> {
  const aborted = Promise.withResolvers<undefined>();
  const onAbort = () => aborted.resolve(undefined);
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  // Nobody is there to hear when it fails later.
  work.catch(() => {});
  try {
    return await Promise.race([aborted.promise, work]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
