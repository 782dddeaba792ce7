/**
 * Dead letters of the app in topics: beside each topic of events, one of those that were
 * given up.
 *
 * @module
 */

import type { DeadLetter, DeadLetterSink } from "../core/dead_letter.ts";
import { channelOf } from "../core/event_types.ts";
import {
  DEAD_LETTER_HEADERS,
  describeError,
} from "../eventstream/dead_letter.ts";
import { withoutPrefix } from "../eventstream/names.ts";
import { RecordArrival } from "./record_arrival.ts";
import type { OutgoingRecord, RecordHeader } from "../eventstream/record.ts";
import { REPLAY_HEADERS } from "./replay_headers.ts";
import type { EventStream } from "../eventstream/stream.ts";

/** Options of {@linkcode openLetterTopics}. */
export interface LetterTopicsOptions {
  /** Where letters go. */
  readonly stream: Pick<EventStream, "sendRecord">;
  /** What comes after a topic's name, behind a dot. */
  readonly suffix: string;
  /** What comes before topics and groups. */
  readonly prefix: string;
  /** Who gives events up: the group, with prefix. */
  readonly groupId: string;
}

/** Names of the headers that a letter of the app has beside those of a record's. */
export const LETTER_HEADERS = {
  ...DEAD_LETTER_HEADERS,
  /** How the last attempt ended: `rejected` or `exhausted`. */
  outcome: "dlq-outcome",
  /** Why it ended so: `bad_event`, `bad_state`, `exhausted`. */
  cause: "dlq-cause",
  /** The event's type; of a record that is no event, its topic. */
  type: "dlq-type",
  /** The event's id. */
  id: "dlq-id",
  /** The event's source. */
  source: "dlq-source",
  /** Which source of this service delivered it: `grpc` or `kafka`. */
  transport: "dlq-transport",
  /** When it was first tried. */
  firstTime: "dlq-first-time",
  /** When it was last tried. */
  lastTime: "dlq-last-time",
  /** How long the message was, where the letter does not have it, in bytes. */
  size: "dlq-size",
  /** Its hash. */
  sha256: "dlq-sha256",
  /** Ties the letter to the log. */
  errorId: "dlq-error-id",
  /** Says of a record that it is no letter, but that one has been sent again. */
  replayed: "dlq-replayed",
} as const;

const encoder = new TextEncoder();

/**
 * Makes the sink. An event that came as a record becomes that record again: key, value,
 * headers and timestamp as they were, and headers that say why. Of other events the
 * value is the message as it arrived.
 */
export function openLetterTopics(options: LetterTopicsOptions): DeadLetterSink {
  const { stream, suffix } = options;
  return {
    async write(letter, signal) {
      const { arrival } = letter;
      const topic = arrival instanceof RecordArrival
        ? withoutPrefix(options.prefix, arrival.record.topic)
        : channelOf(letter.event.type);
      const record = letterRecord(letter, options.groupId);
      await stream.sendRecord(`${topic}.${suffix}`, record, { signal });
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

function letterRecord(letter: DeadLetter, groupId: string): OutgoingRecord {
  const { event, arrival } = letter;
  const record = arrival instanceof RecordArrival ? arrival.record : undefined;
  const why = [...reasons(letter, groupId), ...placeOf(record)];
  const value = record?.value ?? letter.bytes;
  return {
    key: record?.key ?? encoder.encode(event.id),
    ...(value !== undefined && { value }),
    ...(record !== undefined && { timestamp: record.timestamp }),
    headers: [...own(record?.headers ?? []), ...why.map(headerFrom)],
  };
}

type Fact = readonly [name: string, value: string | number | bigint];

function reasons(letter: DeadLetter, groupId: string): readonly Fact[] {
  const name = LETTER_HEADERS;
  const { event, outcome, errorId, digest } = letter;
  const isUndecodable = event.data === undefined;
  return [
    [name.reason, isUndecodable ? "undecodable" : outcome],
    [name.error, describeError(letter.error)],
    [name.attempts, letter.attempts],
    [name.group, groupId],
    [name.outcome, outcome],
    [name.cause, letter.reason],
    [name.type, event.type],
    [name.id, event.id],
    [name.source, event.source],
    [name.transport, letter.source],
    [name.firstTime, new Date(letter.firstTime).toISOString()],
    [name.lastTime, new Date(letter.lastTime).toISOString()],
    ...(digest === undefined ? [] : [
      [name.size, digest.size] as const,
      [name.sha256, digest.sha256] as const,
    ]),
    ...(errorId === undefined ? [] : [[name.errorId, errorId] as const]),
  ];
}

function placeOf(record: RecordArrival["record"] | undefined): readonly Fact[] {
  if (record === undefined) return [];
  const name = LETTER_HEADERS;
  return [
    [name.topic, record.topic],
    [name.partition, record.partition],
    [name.offset, record.offset],
  ];
}

function headerFrom([name, value]: Fact): RecordHeader {
  return [name, encoder.encode(String(value).toWellFormed())];
}

/** What a record had of its own: not what came to it when it was sent again. */
export function own(headers: readonly RecordHeader[]): readonly RecordHeader[] {
  const added = new Set<string>([
    ...Object.values(LETTER_HEADERS),
    ...Object.values(REPLAY_HEADERS),
  ]);
  return headers.filter(([name]) => !added.has(name));
}
