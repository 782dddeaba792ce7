/**
 * From what a publisher says to the record that is sent: checks, envelope, size.
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
  /** What happened: `orderPaid`. */
  readonly name: string;
  /** The event's id. @default {a new v4 UUID without hyphens} */
  readonly id?: string;
  /** Events of one key keep their order. @default {the event's id} */
  readonly key?: string;
  /** Facts beside the event, such as `traceparent`. The Go SDK writes none. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Rules of {@linkcode outgoingEvent}. */
export interface OutgoingRules {
  /** Whether ids of users, clients, sessions and traces have to be v4 UUIDs. */
  readonly strict: boolean;
  /** How long key and value may be together, in bytes, some room included. */
  readonly maxMessageBytes: number;
  /** The time, in nanoseconds since the epoch. */
  readonly now: () => bigint;
}

/** Room for what a broker adds to a message, in bytes: the Go SDK's figure. */
const OVERHEAD = 2_048;

/** The fields that the strict mode looks at, in the Go SDK's order. */
const STRICT_FIELDS = ["userId", "clientId", "sessionId", "traceId"] as const;

const encoder = new TextEncoder();

/**
 * Checks an event and writes it.
 *
 * @throws {MissingArgumentError} There is no event.
 * @throws {InvalidTopicError} The topic is empty or has other characters.
 * @throws {InvalidEventNameError} The name is empty or has other characters.
 * @throws {InvalidFieldError} A field is not what it has to be.
 * @throws {EncodingError} The payload has no JSON.
 * @throws {MessageTooLargeError} It is too long to be sent.
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
      `Field "${field}" is no id: expected a v4 UUID in lower case without hyphens`,
    );
  }
}
