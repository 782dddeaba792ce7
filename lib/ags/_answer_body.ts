/**
 * Reads the body of an answer within bounds: of bytes as they come and inflate, of
 * depth, and of what it takes in memory once it is parsed.
 *
 * @module
 */

import { boundedCost, JsonBoundError, textOf } from "../core/bounded_json.ts";
import type { MemoryShare } from "../core/memory_budget.ts";
import { free, readBounded } from "../core/read_bounded.ts";
import { mediaType } from "./_refusal.ts";
import type { AnswerAccount } from "./answer_memory.ts";
import { AgsError } from "./errors.ts";

/** Largest answer read, in bytes: AGS's pages and records are far smaller. */
export const MAX_ANSWER_BYTES = 2 * 1024 * 1024;

/** What an answer may take in memory, in bytes. */
export const MAX_ANSWER_COST = 8 * 1024 * 1024;

/** Bytes that are read before it is said what they cost. */
const SMALL_BYTES = 32 * 1024;

/** Who asks, and what for. */
export interface ReadAnswerOptions {
  /** What was asked, for messages: `METHOD /route`. */
  readonly name: string;
  /** Whose memory it comes out of. */
  readonly account: AnswerAccount;
  /** Ends the wait for memory: rejects with its reason. */
  readonly signal: AbortSignal;
  /** Called when it begins to wait for memory, and when it has it. */
  readonly onWait: (isWaiting: boolean) => void;
}

/**
 * Reads an answer that is a success.
 *
 * One that is small needs no memory of others while it is read; one that may be large
 * takes as much as the largest, and keeps what it needs: nobody knows before what a
 * body inflates to, and its values take.
 *
 * @returns What the JSON says; `undefined` when there is none.
 * @throws {AgsError} It is too large, too deep, or no JSON.
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
 * Reads a body; `undefined` when it has more bytes than it may.
 *
 * @param onLarge Called before more is read than is small.
 */
async function readBody(
  { headers, body }: Response,
  onLarge: () => Promise<void>,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  if (body === null) return new Uint8Array();
  const maxBytes = MAX_ANSWER_BYTES;
  // Of a compressed body the length says little.
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
    // Without the parser's own words: they show a part of the body.
    throw new AgsError(
      `AGS answered ${name} with ${status} and ${
        mediaType(headers)
      }: expected JSON`,
      { status, isForeign: true, retryable: true },
    );
  }
}

/**
 * What a success is that is too much: AGS's own would be as much again, and what was
 * asked for is done; a page of something in between says nothing of either.
 */
function tooLarge(
  { status, headers }: Response,
  { name }: ReadAnswerOptions,
  cause?: JsonBoundError,
): AgsError {
  const isForeign = !/[/+]json$/.test(mediaType(headers));
  const what = cause === undefined
    ? `more than ${MAX_ANSWER_BYTES} bytes`
    : "more than there is memory for";
  return new AgsError(`AGS answered ${name} with ${what}`, {
    status,
    isForeign,
    retryable: isForeign,
    ...(cause !== undefined && { cause }),
  });
}
