/**
 * What the measurements' command lines have in common.
 *
 * @module
 */

import { isUsageError } from "../dev/command_line.ts";
import { BenchError } from "./errors.ts";

/**
 * Reads a whole number.
 *
 * @param name The argument, for the error's message.
 * @throws {BenchError} It is none, or out of range.
 */
export function integer(
  name: string,
  text: string,
  [least, most]: readonly [number, number],
): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new BenchError(
    `${name} is "${text}": expected a whole number from ${least} to ${most}`,
  );
}

/** Whether the error's message says all: the rest are bugs. */
export function isExpected(error: unknown): error is Error {
  return error instanceof BenchError ||
    isUsageError(error);
}
