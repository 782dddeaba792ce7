/**
 * Results of bulk statistic updates: AGS accepts the request, and each item
 * succeeds or fails separately.
 *
 * @module
 */

import { z } from "zod";
import { readAnswer } from "./_answer.ts";
import { codeText } from "./_error_codes.ts";
import { AgsError } from "./errors.ts";

/**
 * What to do with failed items of an accepted request: `throw` a
 * {@linkcode PartialFailureError}, or `return` them among the results.
 */
export type OnFailures = "throw" | "return";

/** The result of one item. */
export interface StatResult {
  /** Whether the statistic was changed. */
  readonly success: boolean;
  /** The statistic's code. */
  readonly statCode?: string | undefined;
  /** The player, if AGS repeats it. */
  readonly userId?: string | undefined;
  /** The item's request id, if it had one. */
  readonly requestId?: string | undefined;
  /** `currentValue`; for a failed item, `errorCode` and `errorMessage`. */
  readonly details: Readonly<Record<string, unknown>>;
}

/**
 * AGS accepted a request but not all of its items.
 *
 * Retryable only if a redelivery is safe: every failure is temporary, and
 * either nothing was changed or the changes can be repeated (no increments).
 */
export class PartialFailureError extends AgsError {
  /** What logs call it. */
  override name = "PartialFailureError";
  /** The result of each item, in AGS's order. */
  readonly results: readonly StatResult[];
  /** The failed items of `results`. */
  readonly failed: readonly StatResult[];

  /**
   * Creates the error; `isRepeatable`: whether the successful items can be
   * repeated.
   */
  constructor(
    results: readonly StatResult[],
    { isRepeatable }: { readonly isRepeatable: boolean },
  ) {
    const failed = results.filter(({ success }) => !success);
    const isSafe = isRepeatable || failed.length === results.length;
    super(
      `AGS refused ${failed.length} of ${results.length} stat items: ` +
        failed.slice(0, MAX_NAMED).map(describe).join(", ") +
        (failed.length > MAX_NAMED ? ", …" : ""),
      {
        status: 200,
        errorCode: codeOf(failed[0]),
        retryable: isSafe && failed.every(isPassing),
      },
    );
    this.results = results;
    this.failed = failed;
  }
}

/** The most failed items that a message names. */
const MAX_NAMED = 5;
/**
 * Internal error, lost optimistic lock, too many requests: a retry can succeed.
 */
const PASSING_CODES: readonly unknown[] = [20000, 20006, 20007];

const text = z.string().nullish().transform((value) => value ?? undefined);
const StatResults = z.array(z.object({
  success: z.boolean().nullish().transform((value) => value === true),
  statCode: text,
  userId: text,
  requestId: text,
  details: z.record(z.string(), z.unknown()).nullish().transform((value) =>
    value ?? {}
  ),
}));

/**
 * Reads the results of a bulk request.
 *
 * @throws {AgsError} They are invalid, or fewer or more than the items.
 */
export function readResults(
  answer: unknown,
  { request, count }: { readonly request: string; readonly count: number },
): readonly StatResult[] {
  const expected = `${count} results of stat items`;
  const schema = StatResults.refine((results) => results.length === count);
  return readAnswer(schema, answer, { request, expected });
}

/**
 * Returns the results, or throws if items failed and `failures` is `throw`.
 *
 * @throws {PartialFailureError} Items failed.
 */
export function judgeResults(
  results: readonly StatResult[],
  { failures, isRepeatable }: {
    readonly failures: OnFailures;
    readonly isRepeatable: boolean;
  },
): readonly StatResult[] {
  if (failures === "return" || results.every(({ success }) => success)) {
    return results;
  }
  throw new PartialFailureError(results, { isRepeatable });
}

function isPassing(result: StatResult): boolean {
  return PASSING_CODES.includes(codeOf(result));
}

function codeOf(result: StatResult | undefined): number | undefined {
  const code = result?.details.errorCode;
  return typeof code === "number" ? code : undefined;
}

/** Without the player, who must not appear in logs. */
function describe(result: StatResult): string {
  const code = codeOf(result);
  const text = code === undefined ? "no code" : codeText(code);
  return `${result.statCode ?? "?"} (${text})`;
}
