/**
 * Records that cannot be handled, kept for people to look at.
 *
 * @module
 */

import { deadLetterTopic } from "./names.ts";
import type { DeadReason } from "./observer.ts";
import type { OutgoingRecord, RecordHeader, StreamRecord } from "./record.ts";

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

/** Names of the headers that a dead letter has beside those of its record. */
export const DEAD_LETTER_HEADERS = {
  /** Why: `undecodable`, `rejected` or `exhausted`. */
  reason: "dlq-reason",
  /** The error's class and message. */
  error: "dlq-error",
  /** How often the callback was called. */
  attempts: "dlq-attempts",
  /** The group. */
  group: "dlq-group",
  /** The record's topic, in full. */
  topic: "dlq-topic",
  /** The record's partition. */
  partition: "dlq-partition",
  /** The record's offset. */
  offset: "dlq-offset",
} as const;

/** How much of an error a header has, in characters. */
const MAX_ERROR_LENGTH = 1_024;

const encoder = new TextEncoder();

/**
 * A dead letter as a record for {@linkcode deadLetterTopic}: key, value, headers and
 * timestamp as they were, and headers that say why.
 */
export function deadLetterRecord(
  letter: DeadLetter,
): { readonly topic: string; readonly record: OutgoingRecord } {
  const { record: { topic, partition, offset, ...record } } = letter;
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
  const headers: RecordHeader[] = why.map(([key, value]) => [
    key,
    encoder.encode(String(value)),
  ]);
  return {
    topic: deadLetterTopic(topic),
    record: { ...record, headers: [...record.headers, ...headers] },
  };
}

/** An error as a header has it: class and message, of bounded length. */
export function describeError(error: unknown): string {
  const text = error instanceof Error
    ? `${error.name}: ${error.message}`
    : String(error);
  return text.slice(0, MAX_ERROR_LENGTH).toWellFormed();
}
