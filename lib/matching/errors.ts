/**
 * The error for invalid patterns.
 *
 * @module
 */

import { StartError } from "../core/errors.ts";

/** A pattern is refused: it can never match, or is misleading. */
export class PatternError extends StartError {
  /** What logs call it. */
  override name = "PatternError";
}

/** The position in a pattern, for messages: `field "detail.n"`. */
export function fieldName(path: string): string {
  return path === "" ? "Pattern" : `Field "${path}" of pattern`;
}
