/**
 * Turns a publisher's event into a record: validation, envelope, size.
 *
 * @module
 */

import { encodeEvent } from "./encode_event.ts";
import {
  InvalidFieldError,
  MessageTooLargeError,
  MissingArgumentError,
} from "./errors.ts";
import type { EventFields } from "./event.ts";
import { checkEventName, checkTopic, isId, newId } from "./names.ts";
import type { OutgoingRecord } from "./record.ts";

/** An event to publish. */
export interface PublishedEvent extends EventFields {
  /** The topic, without prefix. */
  readonly topic: string;
  /** The event's name: `orderPaid`. */
  readonly name: string;
  /** The event's id. @default {a new v4 UUID without hyphens} */
  readonly id?: string;
  /** Events with the same key stay in order. @default {the event's id} */
  readonly key?: string;
  /** Headers, such as `traceparent`. The Go SDK writes none. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Rules of {@linkcode outgoingEvent}. */
export interface OutgoingRules {
  /** Whether ids of users, clients, sessions and traces have to be v4 UUIDs. */
  readonly strict: boolean;
  /** The most bytes of key and value together, including overhead. */
  readonly maxMessageBytes: number;
  /** The current time, in nanoseconds since the epoch. */
  readonly now: () => bigint;
}

/**
 * Reserved for what a broker adds to a message, in bytes: the Go SDK's value.
 */
const OVERHEAD = 2_048;

/** The fields that strict mode checks, in the Go SDK's order. */
const STRICT_FIELDS = ["userId", "clientId", "sessionId", "traceId"] as const;

const encoder = new TextEncoder();

/**
 * Validates and encodes an event.
 *
 * @throws {MissingArgumentError} There is no event.
 * @throws {InvalidTopicError} The topic is empty or has invalid characters.
 * @throws {InvalidEventNameError} The name is empty or has invalid characters.
 * @throws {InvalidFieldError} A field is invalid.
 * @throws {EncodingError} The payload cannot be written as JSON.
 * @throws {MessageTooLargeError} It is too large to send.
 */
export function outgoingEvent(
  event: PublishedEvent,
  rules: OutgoingRules,
): OutgoingRecord {
  if (event === undefined || event === null) {
    throw new MissingArgumentError("There is no event to publish");
  }
  checkTopic(event.topic);
  checkEventName(event.name);
  if (rules.strict) checkIds(event);
  const id = event.id || newId();
  const value = encodeEvent(event, { id, name: event.name, time: rules.now() });
  const key = encoder.encode(event.key || id);
  const size = key.length + value.length;
  const limit = rules.maxMessageBytes - OVERHEAD;
  if (size > limit) {
    throw new MessageTooLargeError(
      `Event "${event.name}" has ${size} bytes with its key: ` +
        `expected at most ${limit}`,
    );
  }
  if (event.headers === undefined) return { key, value };
  const headers = Object.entries(event.headers).map(([name, text]) =>
    [name, encoder.encode(text)] as const
  );
  return { key, value, headers };
}

function checkIds(event: EventFields): void {
  for (const field of STRICT_FIELDS) {
    const id = event[field];
    if (id === undefined || id === "" || isId(id)) continue;
    throw new InvalidFieldError(
      field,
      `Field "${field}" is not an id: expected a v4 UUID in lower case without hyphens`,
    );
  }
}
