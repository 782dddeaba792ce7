/**
 * Ends waits that nobody can cancel.
 *
 * @module
 */

/**
 * Waits for a promise, until the signal ends. What it stands for goes on.
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
