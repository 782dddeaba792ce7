/**
 * Checks what AGS answered against what its API reference says.
 *
 * @module
 */

import type { z } from "zod";
import { AgsError } from "./errors.ts";

/** What {@linkcode readAnswer} says of an answer that is something else. */
export interface AnswerDescription {
  /** What was asked, as `METHOD /route`. */
  readonly request: string;
  /** What the answer has to be: `a wallet`. */
  readonly expected: string;
}

/**
 * Reads an answer that AGS gave as a success.
 *
 * @throws {AgsError} It is something else. Not retryable: what was asked for has
 * been done, and asking again could do it twice.
 */
export function readAnswer<T>(
  schema: z.ZodType<T>,
  answer: unknown,
  { request, expected }: AnswerDescription,
): T {
  const parsed = schema.safeParse(answer);
  if (parsed.success) return parsed.data;
  throw new AgsError(
    `AGS answered ${request} with something else: expected ${expected}`,
    { status: 200, retryable: false, cause: parsed.error },
  );
}

/** Whether AGS refused with one of these codes. */
export function isRefusal(
  error: unknown,
  ...codes: readonly number[]
): error is AgsError {
  return error instanceof AgsError && codes.includes(Number(error.errorCode));
}
