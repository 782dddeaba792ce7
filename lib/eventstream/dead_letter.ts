/**
 * Dead letters: records that cannot be handled, kept for an operator.
 *
 * @module
 */

import { DEAD_LETTER_HEADERS } from "./dead_letter_headers.ts";
import type { LetterParts } from "./letter_forms.ts";
import { deadLetterTopic } from "./names.ts";
import type { DeadReason } from "./observer.ts";
import type { RecordHeader, StreamRecord } from "./record.ts";

/** A record that cannot be handled, with the reason. */
export interface DeadLetter {
  /** The record as it was read. */
  readonly record: StreamRecord;
  /** The group that could not handle it. */
  readonly groupId: string;
  /** The reason. */
  readonly reason: DeadReason;
  /** How many times the callback was called for it. */
  readonly attempts: number;
  /**
   * The last error that the callback threw, or what is wrong with the record.
   */
  readonly error: unknown;
}

/** The longest error text in a header, in characters. */
const MAX_ERROR_LENGTH = 1_024;

const encoder = new TextEncoder();

/**
 * A dead letter for {@linkcode deadLetterTopic}: key, value, headers and
 * timestamp unchanged, plus headers with the reason.
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

/** A header of a dead letter, before encoding. */
export type LetterFact = readonly [
  name: string,
  value: string | number | bigint,
];

/** Input of {@linkcode reasonHeaders}. */
export interface LetterReason extends Omit<DeadLetter, "record" | "reason"> {
  /** The reason. */
  readonly reason: string;
  /** The record, if the event arrived as one. */
  readonly record?: StreamRecord | undefined;
}

/** The headers that every dead letter has, whatever its source. */
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

/** Encodes a header for a record. */
export function letterHeader([name, value]: LetterFact): RecordHeader {
  return [name, encoder.encode(String(value).toWellFormed())];
}

/** An error as header text: class and message, of bounded length. */
function describeError(error: unknown): string {
  const text = error instanceof Error
    ? `${error.name}: ${error.message}`
    : String(error);
  return text.slice(0, MAX_ERROR_LENGTH).toWellFormed();
}
