/**
 * Dead letters of the app in topics: beside each topic of events, one of those that were
 * given up.
 *
 * @module
 */

import type { Logger } from "../core/context.ts";
import type { DeadLetter, DeadLetterSink } from "../core/dead_letter.ts";
import { channelOf } from "../core/event_types.ts";
import { digestId, digestOf } from "../core/event_id.ts";
import {
  type LetterFact,
  letterHeader,
  reasonHeaders,
} from "../eventstream/dead_letter.ts";
import { DEAD_LETTER_HEADERS } from "../eventstream/dead_letter_headers.ts";
import { type LetterParts, sendFitting } from "../eventstream/letter_forms.ts";
import { withoutPrefix } from "../eventstream/names.ts";
import { RecordArrival } from "./record_arrival.ts";
import type { RecordHeader, StreamRecord } from "../eventstream/record.ts";
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
  /** Where letters go that their topic takes in no form. */
  readonly lastResort: DeadLetterSink;
  /** Where it is said that a letter does not fit its topic. */
  readonly log: Logger;
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
  /** Ties the letter to the log. */
  errorId: "dlq-error-id",
  /** Says of a record that it is no letter, but that one has been sent again. */
  replayed: "dlq-replayed",
} as const;

const encoder = new TextEncoder();

/**
 * Makes the sink. An event that came as a record becomes that record again: key, value,
 * headers and timestamp as they were, and headers that say why. Of other events the
 * value is the message as it arrived. What its topic does not take for its size it gets
 * in a smaller form, and what it takes in none is left to `lastResort`: nothing about an
 * event keeps it from having a place.
 */
export function openLetterTopics(options: LetterTopicsOptions): DeadLetterSink {
  const { stream, suffix, lastResort, log } = options;
  return {
    async write(letter, signal) {
      const { arrival, event } = letter;
      const source = arrival instanceof RecordArrival
        ? withoutPrefix(options.prefix, arrival.record.topic)
        : channelOf(event.type);
      const topic = `${source}.${suffix}`;
      const parts = letterParts(letter, options.groupId);
      const omitted = await sendFitting(
        parts,
        (record, how) => stream.sendRecord(topic, record, { signal, ...how }),
      );
      if (omitted?.length === 0) return;
      const { value } = parts.record;
      const digest = letter.digest ??
        (value === undefined ? undefined : digestOf(value));
      const what = { topic, eventType: event.type, eventId: event.id };
      const place = arrival instanceof RecordArrival
        ? recordPlace(arrival.record)
        : {};
      if (omitted !== undefined) {
        log.warn(
          "Dead letter is written without the parts that do not fit its topic",
          {
            ...what,
            ...place,
            ...digest,
            omitted,
          },
        );
        return;
      }
      log.warn(
        "Dead letter goes to the log: its topic does not accept the record",
        {
          ...what,
          ...place,
        },
      );
      await lastResort.write({ ...letter, digest }, signal);
    },
    [Symbol.asyncDispose]: () => lastResort[Symbol.asyncDispose](),
  };
}

function letterParts(letter: DeadLetter, groupId: string): LetterParts {
  const { event, arrival } = letter;
  const record = arrival instanceof RecordArrival ? arrival.record : undefined;
  const { attempts, error } = letter;
  // What does not decode has no data.
  const reason = event.data === undefined ? "undecodable" : letter.outcome;
  const why = [
    ...reasonHeaders({ reason, error, attempts, groupId, record }),
    ...factsOf(letter),
  ];
  const value = record?.value ?? letter.bytes;
  return {
    record: {
      key: record?.key ?? encoder.encode(event.id),
      ...(value !== undefined && { value }),
      ...(record !== undefined && { timestamp: record.timestamp }),
      headers: own(record?.headers ?? []),
    },
    why: why.map(letterHeader),
  };
}

/** What a letter of the app says beside what every dead letter does. */
function factsOf(letter: DeadLetter): readonly LetterFact[] {
  const name = LETTER_HEADERS;
  const { event, outcome, errorId, digest } = letter;
  return [
    [name.outcome, outcome],
    [name.cause, letter.reason],
    [name.type, event.type],
    [name.id, shortId(event.id)],
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

/** Where a record is, for the log. */
function recordPlace({ topic, partition, offset }: StreamRecord) {
  return { from: topic, partition, offset: String(offset) };
}

/** The longest id that a header has as it is, in characters. */
const MAX_ID = 1_024;

/** Whoever publishes chooses ids: one that is as long as an event is kept as its hash. */
function shortId(id: string): string {
  return id.length <= MAX_ID ? id : digestId(digestOf(encoder.encode(id)));
}

/** What a record had of its own: not what came to it when it was sent again. */
export function own(headers: readonly RecordHeader[]): readonly RecordHeader[] {
  const added = new Set<string>([
    ...Object.values(LETTER_HEADERS),
    ...Object.values(REPLAY_HEADERS),
  ]);
  return headers.filter(([name]) => !added.has(name));
}
