/**
 * The error of a pattern that makes no sense.
 *
 * @module
 */

import { StartError } from "../core/errors.ts";

/** A pattern is refused: it could never match, or not what it looks like. */
export class PatternError extends StartError {
  /** What logs call it. */
  override name = "PatternError";
}

/** Where in a pattern something is, for messages: `field "detail.n"`. */
export function fieldName(path: string): string {
  return path === "" ? "Pattern" : `Field "${path}" of pattern`;
}
