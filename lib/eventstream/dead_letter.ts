/**
 * Records that cannot be handled, kept for people to look at.
 *
 * @module
 */

import { DEAD_LETTER_HEADERS } from "./dead_letter_headers.ts";
import type { LetterParts } from "./letter_forms.ts";
import { deadLetterTopic } from "./names.ts";
import type { DeadReason } from "./observer.ts";
import type { RecordHeader, StreamRecord } from "./record.ts";

/** A record that cannot be handled, and why. */
export interface DeadLetter {
  /** The record as it was read. */
  readonly record: StreamRecord;
  /** The group that could not handle it. */
  readonly groupId: string;
  /** Why not. */
  readonly reason: DeadReason;
  /** How often the callback was called for it. */
  readonly attempts: number;
  /** What it threw last, or what is wrong with the record. */
  readonly error: unknown;
}

/** How much of an error a header has, in characters. */
const MAX_ERROR_LENGTH = 1_024;

const encoder = new TextEncoder();

/**
 * A dead letter for {@linkcode deadLetterTopic}: key, value, headers and timestamp as
 * they were, and headers that say why.
 */
export function deadLetterParts(
  letter: DeadLetter,
): LetterParts & { readonly topic: string } {
  const { topic, partition, offset, leaderEpoch: _, ...record } = letter.record;
  const name = DEAD_LETTER_HEADERS;
  const why: readonly (readonly [string, string | number | bigint])[] = [
    [name.reason, letter.reason],
    [name.error, describeError(letter.error)],
    [name.attempts, letter.attempts],
    [name.group, letter.groupId],
    [name.topic, topic],
    [name.partition, partition],
    [name.offset, offset],
  ];
  return {
    topic: deadLetterTopic(topic),
    record,
    why: why.map(([key, value]): RecordHeader => [
      key,
      encoder.encode(String(value)),
    ]),
  };
}

/** An error as a header has it: class and message, of bounded length. */
export function describeError(error: unknown): string {
  const text = error instanceof Error
    ? `${error.name}: ${error.message}`
    : String(error);
  return text.slice(0, MAX_ERROR_LENGTH).toWellFormed();
}
