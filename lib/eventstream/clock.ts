/**
 * The time in nanoseconds.
 *
 * @module
 */

/** Nanoseconds since the epoch, as exact as the system has it. */
export function nanoseconds(): bigint {
  return Temporal.Now.instant().epochNanoseconds;
}
