/**
 * The error of a measurement that cannot be made.
 *
 * @module
 */

/** The measurement cannot be made, or would say nothing. */
export class BenchError extends Error {
  override name = "BenchError";
}
