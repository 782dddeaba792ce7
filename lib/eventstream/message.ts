/**
 * Messages in the queue: what they count for, which go together, how they fail.
 *
 * @module
 */

import { DeliveryError, DeliveryTimeoutError } from "./errors.ts";
import { PortError } from "./port.ts";
import type { OutgoingRecord } from "./record.ts";

/** A message that waits. */
export interface Message {
  /** What is sent. */
  readonly record: OutgoingRecord;
  /** What it counts for. */
  readonly bytes: number;
  /** Whether it is compressed: then it is sent alone. */
  readonly compress: boolean;
  /** When its time is up, by `performance.now()`. */
  readonly deadline: number;
  /** Ends the waiting; the first call counts. */
  readonly settle: (error?: Error) => void;
  /** Whether nobody waits any more. */
  isSettled: boolean;
}

/** What a record takes beside its key and value, in bytes, at most. */
const RECORD_OVERHEAD = 64;
const MAX_BATCH_RECORDS = 10_000;

/** Bytes that a record takes, a little more at most. */
export function sizeOf({ key, value, headers = [] }: OutgoingRecord): number {
  const extra = headers.reduce(
    (sum, [name, content]) => sum + name.length + content.length + 8,
    RECORD_OVERHEAD,
  );
  return (key?.length ?? 0) + (value?.length ?? 0) + extra;
}

/** Takes what is sent at once from the front of a queue: one message at least. */
export function takeBatch(
  waiting: Message[],
  maxBytes: number,
): readonly Message[] {
  let bytes = 0;
  let length = 0;
  if (waiting[0]?.compress) return waiting.splice(0, 1);
  while (length < waiting.length && length < MAX_BATCH_RECORDS) {
    if (waiting[length]?.compress) break;
    bytes += waiting[length]?.bytes ?? 0;
    if (bytes > maxBytes && length > 0) break;
    length++;
  }
  return waiting.splice(0, length);
}

/** What a broker says of a batch that has a record that it will never take. */
const ABOUT_ONE: ReadonlySet<string | undefined> = new Set([
  "INVALID_RECORD",
  "INVALID_TIMESTAMP",
  "MESSAGE_TOO_LARGE",
  "RECORD_LIST_TOO_LARGE",
]);

/** Whether a batch was refused for one of its records, which others need not share. */
export function isAboutOne(error: unknown): boolean {
  return error instanceof PortError && ABOUT_ONE.has(error.code);
}

/** What is thrown when a message's time is up. */
export function timedOut(topic: string, cause?: unknown): DeliveryTimeoutError {
  return new DeliveryTimeoutError(
    `Message for "${topic}" was not confirmed in time`,
    cause === undefined ? {} : { cause },
  );
}

/** What is thrown when a message cannot be delivered, or nobody waits any more. */
export function refused(topic: string, cause: unknown): DeliveryError {
  return cause === undefined
    ? new DeliveryError(
      `Message for "${topic}" was not confirmed before the event stream was disposed`,
    )
    : new DeliveryError(`Message for "${topic}" cannot be delivered`, {
      cause,
    });
}
