/**
 * Reads the body of an answer, with bounds on its size (on the wire and
 * decompressed), its depth, and its memory once parsed.
 *
 * @module
 */

import { boundedCost, JsonBoundError, textOf } from "../core/bounded_json.ts";
import type { MemoryShare } from "../core/memory_budget.ts";
import { free, readBounded } from "../core/read_bounded.ts";
import { mediaType } from "./_refusal.ts";
import type { AnswerAccount } from "./answer_memory.ts";
import { AgsError } from "./errors.ts";

/**
 * Largest answer that is read, in bytes. AGS's pages and records are far
 * smaller.
 */
export const MAX_ANSWER_BYTES = 2 * 1024 * 1024;

/** The memory that an answer may take, in bytes. */
export const MAX_ANSWER_COST = 8 * 1024 * 1024;

/** Bytes that are read before memory is reserved. */
const SMALL_BYTES = 32 * 1024;

/** Who asks, and what for. */
export interface ReadAnswerOptions {
  /** The request, for messages: `METHOD /route`. */
  readonly name: string;
  /** The account that the memory is taken from. */
  readonly account: AnswerAccount;
  /** Ends the wait for memory; rejects with its reason. */
  readonly signal: AbortSignal;
  /** Called when it begins to wait for memory, and when it has got it. */
  readonly onWait: (isWaiting: boolean) => void;
}

/**
 * Reads a successful answer.
 *
 * A small answer is read without reserving memory. One that may be large
 * reserves as much as the largest answer and then keeps only what it needs,
 * because the decompressed size and the cost of its values are not known
 * before.
 *
 * @returns The parsed JSON; `undefined` if there is none.
 * @throws {AgsError} It is too large, too deep, or not JSON.
 */
export async function readAnswer(
  response: Response,
  options: ReadAnswerOptions,
): Promise<unknown> {
  const { account } = options;
  if (response.body === null) return undefined;
  let share: MemoryShare | undefined;
  let bytes: Uint8Array<ArrayBuffer> | undefined;
  try {
    bytes = await readBody(response, async () => {
      share = await take(MAX_ANSWER_COST, options);
    });
    if (bytes === undefined) throw tooLarge(response, options);
    if (bytes.length === 0) return undefined;
    const cost = costOf(bytes, response, options);
    share ??= await take(cost, options);
    const value = parse(bytes, response, options);
    account.keep(share, cost);
    share = undefined;
    return value;
  } finally {
    if (bytes !== undefined) free(bytes.buffer);
    share?.[Symbol.dispose]();
  }
}

async function take(
  bytes: number,
  { account, signal, onWait }: ReadAnswerOptions,
): Promise<MemoryShare> {
  onWait(true);
  const share = await account.take(bytes, signal);
  onWait(false);
  return share;
}

/**
 * Reads a body; `undefined` if it exceeds the size limit.
 *
 * @param onLarge Called before more than a small body is read.
 */
async function readBody(
  { headers, body }: Response,
  onLarge: () => Promise<void>,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  if (body === null) return new Uint8Array();
  const maxBytes = MAX_ANSWER_BYTES;
  // The length says little about a compressed body.
  const length = headers.has("content-encoding")
    ? NaN
    : Number(headers.get("content-length") ?? NaN);
  if (!(length >= 0)) {
    return await readBounded(body, maxBytes, {
      likelyBytes: SMALL_BYTES,
      onLarge,
    });
  }
  if (length > maxBytes) {
    await body.cancel();
    return undefined;
  }
  if (length > SMALL_BYTES) await onLarge();
  return await readBounded(body, maxBytes, { likelyBytes: length });
}

function costOf(
  bytes: Uint8Array,
  response: Response,
  options: ReadAnswerOptions,
): number {
  try {
    return boundedCost(bytes, { maxCost: MAX_ANSWER_COST });
  } catch (error) {
    if (!(error instanceof JsonBoundError)) throw error;
    throw tooLarge(response, options, error);
  }
}

function parse(
  bytes: Uint8Array,
  { status, headers }: Response,
  { name }: ReadAnswerOptions,
): unknown {
  try {
    return JSON.parse(textOf(bytes));
  } catch {
    // Without the parser's message, which quotes the body.
    throw new AgsError(
      `AGS answered ${name} with ${status} and ${
        mediaType(headers)
      }: expected JSON`,
      { status, isForeign: true, retryable: true },
    );
  }
}

/**
 * The error for a successful answer that is too large. If it is AGS's own, the
 * request has been performed and a retry would be as large; if a proxy sent it,
 * it says nothing about either.
 */
function tooLarge(
  { status, headers }: Response,
  { name }: ReadAnswerOptions,
  cause?: JsonBoundError,
): AgsError {
  const isForeign = !/[/+]json$/.test(mediaType(headers));
  const what = cause === undefined
    ? `more than ${MAX_ANSWER_BYTES} bytes`
    : "more than fits in memory";
  return new AgsError(`AGS answered ${name} with ${what}`, {
    status,
    isForeign,
    retryable: isForeign,
    ...(cause !== undefined && { cause }),
  });
}
