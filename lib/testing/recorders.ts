/**
 * Records what handlers log and publish, and their dead letters.
 *
 * @module
 */

import type { LogFields, Logger } from "../core/context.ts";
import type { DeadLetter, DeadLetterSink } from "../core/dead_letter.ts";
import type { Messaging } from "../core/messaging.ts";
import { nanoseconds } from "../eventstream/clock.ts";
import { encodeEvent } from "../eventstream/encode_event.ts";
import { newId } from "../eventstream/names.ts";
import type { EventStream } from "../eventstream/stream.ts";
import { type Message, messageOf } from "../grpc/publisher.ts";

/** One line of a log. */
export interface LogLine {
  /** The method that was called. */
  readonly level: "debug" | "info" | "warn" | "error";
  /** Its message. */
  readonly message: string;
  /** Its fields, with those of {@linkcode Logger.with}. */
  readonly fields: LogFields;
}

/** A logger that appends to a list; loggers from `with()` do the same. */
export function logInto(lines: LogLine[], base: LogFields = {}): Logger {
  const method =
    (level: LogLine["level"]) => (message: string, fields: LogFields = {}) => {
      lines.push({ level, message, fields: { ...base, ...fields } });
    };
  return {
    debug: method("debug"),
    info: method("info"),
    warn: method("warn"),
    error: method("error"),
    with: (fields) => logInto(lines, { ...base, ...fields }),
  };
}

/** A sink that appends dead letters to a list. */
export function lettersInto(letters: DeadLetter[]): DeadLetterSink {
  return {
    write(letter) {
      letters.push(letter);
      return Promise.resolve();
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

const decoder = new TextDecoder();

/** A published event, as consumers receive it. */
export interface PublishedEvent {
  /** The topic. */
  readonly topic: string;
  /** The event's name. */
  readonly name: string;
  /** The event's payload. */
  readonly payload: Readonly<Record<string, unknown>>;
  /** The whole envelope. */
  readonly envelope: Readonly<Record<string, unknown>>;
}

/**
 * An event stream that appends events to a list. It validates like the real
 * one.
 */
export function eventsInto(
  events: PublishedEvent[],
): Pick<EventStream, "publishSync"> {
  return {
    publishSync: (event) =>
      Promise.try(() => {
        const { id = newId(), name } = event;
        const bytes = encodeEvent(event, { id, name, time: nanoseconds() });
        const envelope = JSON.parse(decoder.decode(bytes));
        events.push({
          topic: event.topic,
          name: event.name,
          payload: event.payload ?? {},
          envelope,
        });
      }),
  };
}

/** AGS's async messaging that appends messages to a list. */
export function messagesInto(messages: Message[]): Messaging {
  return {
    publish: (topic, body, options = {}) =>
      Promise.try(() => {
        messages.push(messageOf(topic, body, options));
      }),
  };
}
