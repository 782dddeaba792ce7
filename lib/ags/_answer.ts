/**
 * Validates AGS's answers against its API reference.
 *
 * @module
 */

import type { z } from "zod";
import { AgsError } from "./errors.ts";

/** Options of {@linkcode readAnswer}. */
export interface AnswerDescription {
  /** The request, as `METHOD /route`. */
  readonly request: string;
  /** The expected content: `a wallet`. */
  readonly expected: string;
}

/**
 * Validates a successful answer.
 *
 * @throws {AgsError} It is something else. Not retryable: AGS has performed the
 * request, and a retry could repeat it.
 */
export function readAnswer<T>(
  schema: z.ZodType<T>,
  answer: unknown,
  { request, expected }: AnswerDescription,
): T {
  const parsed = schema.safeParse(answer);
  if (parsed.success) return parsed.data;
  throw new AgsError(
    `AGS answered ${request} with unexpected content: expected ${expected}`,
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
