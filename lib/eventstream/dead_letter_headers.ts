/**
 * The headers of dead letters.
 *
 * @module
 */

/** Names of the headers that a dead letter has in addition to its record's. */
export const DEAD_LETTER_HEADERS = {
  /** The reason: `undecodable`, `rejected` or `exhausted`. */
  reason: "dlq-reason",
  /** The error's class and message. */
  error: "dlq-error",
  /** How many times the callback was called. */
  attempts: "dlq-attempts",
  /** The group. */
  group: "dlq-group",
  /** The record's topic, in full. */
  topic: "dlq-topic",
  /** The record's partition. */
  partition: "dlq-partition",
  /** The record's offset. */
  offset: "dlq-offset",
  /** What was omitted because it did not fit: `value`, `headers`, `key`. */
  omitted: "dlq-omitted",
  /** The length of an omitted value, in bytes. */
  size: "dlq-size",
  /** Its SHA-256, hexadecimal. */
  sha256: "dlq-sha256",
} as const;
