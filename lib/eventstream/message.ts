/**
 * Messages in the queue: their size, their batches and their errors.
 *
 * @module
 */

import { DeliveryError, DeliveryTimeoutError } from "./errors.ts";
import { PortError } from "./port.ts";
import type { OutgoingRecord } from "./record.ts";

/** A queued message. */
export interface Message {
  /** The record to send. */
  readonly record: OutgoingRecord;
  /** Its size. */
  readonly bytes: number;
  /** Whether it is compressed, and then sent alone. */
  readonly compress: boolean;
  /** Its deadline, by `performance.now()`. */
  readonly deadline: number;
  /** Settles the wait; only the first call has an effect. */
  readonly settle: (error?: Error) => void;
  /** Whether the wait is settled. */
  isSettled: boolean;
}

/** The most bytes of a record besides its key and value. */
const RECORD_OVERHEAD = 64;
const MAX_BATCH_RECORDS = 10_000;

/** The size of a record in bytes, an upper estimate. */
export function sizeOf({ key, value, headers = [] }: OutgoingRecord): number {
  const extra = headers.reduce(
    (sum, [name, content]) => sum + name.length + content.length + 8,
    RECORD_OVERHEAD,
  );
  return (key?.length ?? 0) + (value?.length ?? 0) + extra;
}

/** Takes a batch from the front of a queue: at least one message. */
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

/** Broker errors about a batch that contains a record it will never accept. */
const ABOUT_ONE: ReadonlySet<string | undefined> = new Set([
  "INVALID_RECORD",
  "INVALID_TIMESTAMP",
  "MESSAGE_TOO_LARGE",
  "RECORD_LIST_TOO_LARGE",
]);

/**
 * Whether a batch was refused because of one record, which need not affect
 * others.
 */
export function isAboutOne(error: unknown): boolean {
  return error instanceof PortError && ABOUT_ONE.has(error.code);
}

/** The error of a message whose time limit has passed. */
export function timedOut(topic: string, cause?: unknown): DeliveryTimeoutError {
  return new DeliveryTimeoutError(
    `Message for "${topic}" was not confirmed in time`,
    cause === undefined ? {} : { cause },
  );
}

/**
 * The error of a message that cannot be delivered, or whose wait was cancelled.
 */
export function refused(topic: string, cause: unknown): DeliveryError {
  return cause === undefined
    ? new DeliveryError(
      `Message for "${topic}" was not confirmed before the event stream was disposed`,
    )
    : new DeliveryError(`Message for "${topic}" could not be delivered`, {
      cause,
    });
}
