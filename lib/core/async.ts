/**
 * Waits that end on a signal or after a time.
 *
 * @module
 */

/**
 * The longest timer in JavaScript, in milliseconds; a longer one fires at once.
 */
export const MAX_TIMEOUT = 2 ** 31 - 1;

/**
 * Waits for some time, at most {@linkcode MAX_TIMEOUT}, or until the signal
 * aborts.
 *
 * @throws The signal's reason.
 */
export function sleep(
  milliseconds: number,
  signal?: AbortSignal,
): Promise<void> {
  signal?.throwIfAborted();
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    }, Math.min(milliseconds, MAX_TIMEOUT));
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}

/**
 * Waits for a promise, until the signal aborts. The underlying work continues.
 *
 * @throws The promise's reason, or the signal's.
 */
export function abortable<T>(
  promise: Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  const ended = Promise.withResolvers<T>();
  const onAbort = () => ended.reject(signal.reason);
  signal.addEventListener("abort", onAbort);
  if (signal.aborted) onAbort();
  promise.then(ended.resolve, ended.reject);
  return ended.promise.finally(() =>
    signal.removeEventListener("abort", onAbort)
  );
}

/**
 * Aborts a controller when a signal aborts, with the signal's reason. The
 * controller may abort earlier. Disposing ends it.
 */
export function follow(
  controller: AbortController,
  signal: AbortSignal,
): Disposable {
  const onAbort = () => controller.abort(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  return {
    [Symbol.dispose]: () => signal.removeEventListener("abort", onAbort),
  };
}

/** Options of {@linkcode growingDelay}. */
export interface GrowingDelayOptions {
  /** The first delay, in milliseconds. */
  readonly base: number;
  /** The longest delay, in milliseconds. */
  readonly max: number;
  /** A number from 0 up to 1. @default {Math.random} */
  readonly random?: () => number;
}

/**
 * The delay before the next attempt. It doubles each time up to `max`, and is
 * shortened by up to half at random, so that callers that failed together do
 * not retry together.
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

/** Waits, or returns early when the signal aborts. Never rejects. */
export function pause(
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

/** Waits for work, up to a time limit. @returns Whether it ended in time. */
export async function within(
  milliseconds: number,
  work: Promise<unknown>,
): Promise<boolean> {
  const timer = new AbortController();
  const late = pause(milliseconds, timer.signal).then(() => false);
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    timer.abort();
  }
}

/**
 * The result of work, or `undefined` if the signal aborts first: for work that
 * cannot be cancelled and is then abandoned.
 */
export async function unlessAborted<T>(
  work: Promise<T>,
  signal: AbortSignal,
): Promise<T | undefined> {
  const aborted = Promise.withResolvers<undefined>();
  const onAbort = () => aborted.resolve(undefined);
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  // Nobody handles a later failure.
  work.catch(() => {});
  try {
    return await Promise.race([aborted.promise, work]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
