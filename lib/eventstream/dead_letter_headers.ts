/**
 * The headers of dead letters.
 *
 * @module
 */

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
  /** What the letter lacks, as it did not fit: `value`, `headers`, `key`. */
  omitted: "dlq-omitted",
  /** How long the value was, where the letter does not have it, in bytes. */
  size: "dlq-size",
  /** Its SHA-256, hexadecimal. */
  sha256: "dlq-sha256",
} as const;
