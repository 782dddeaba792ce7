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
  const { topic, partition: _p, offset: _o, leaderEpoch: _, ...record } =
    letter.record;
  return {
    topic: deadLetterTopic(topic),
    record,
    why: reasonHeaders(letter).map(letterHeader),
  };
}

/** A header of a dead letter, before it is bytes. */
export type LetterFact = readonly [
  name: string,
  value: string | number | bigint,
];

/** What {@linkcode reasonHeaders} says. */
export interface LetterReason extends Omit<DeadLetter, "record" | "reason"> {
  /** Why. */
  readonly reason: string;
  /** The record, where the event came as one. */
  readonly record?: StreamRecord | undefined;
}

/** What every dead letter says, whoever gave its event up. */
export function reasonHeaders(
  { reason, error, attempts, groupId, record }: LetterReason,
): readonly LetterFact[] {
  const name = DEAD_LETTER_HEADERS;
  return [
    [name.reason, reason],
    [name.error, describeError(error)],
    [name.attempts, attempts],
    [name.group, groupId],
    ...(record === undefined ? [] : [
      [name.topic, record.topic] as const,
      [name.partition, record.partition] as const,
      [name.offset, record.offset] as const,
    ]),
  ];
}

/** A header as a record has it. */
export function letterHeader([name, value]: LetterFact): RecordHeader {
  return [name, encoder.encode(String(value).toWellFormed())];
}

/** An error as a header has it: class and message, of bounded length. */
function describeError(error: unknown): string {
  const text = error instanceof Error
    ? `${error.name}: ${error.message}`
    : String(error);
  return text.slice(0, MAX_ERROR_LENGTH).toWellFormed();
}
