/**
 * The time in nanoseconds.
 *
 * @module
 */

/** Nanoseconds since the epoch, with the system's precision. */
export function nanoseconds(): bigint {
  return Temporal.Now.instant().epochNanoseconds;
}
