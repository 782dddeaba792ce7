/**
 * Waiting no longer than a signal allows.
 *
 * @module
 */

/**
 * Waits for something, or until the signal ends.
 *
 * @throws The signal's reason.
 */
export function orEnded<T>(
  waited: Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    waited.then(resolve, reject).finally(() =>
      signal.removeEventListener("abort", onAbort)
    );
  });
}
