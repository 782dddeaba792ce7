/**
 * Waits.
 *
 * @module
 */

/** The longest timer that JavaScript has, in milliseconds: a longer one fires at once. */
export const MAX_TIMEOUT = 2 ** 31 - 1;

/**
 * Waits for some time, {@linkcode MAX_TIMEOUT} at most, or until the signal ends.
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
