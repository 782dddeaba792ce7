/**
 * Writes the app's dead letters to topics: one dead-letter topic per event
 * topic.
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
  /** The stream that writes them. */
  readonly stream: Pick<EventStream, "sendRecord">;
  /** The suffix of the topics' names, after a dot. */
  readonly suffix: string;
  /** The prefix of topics and groups. */
  readonly prefix: string;
  /** The group that failed to handle the events, with prefix. */
  readonly groupId: string;
  /** Takes dead letters that their topic accepts in no form. */
  readonly lastResort: DeadLetterSink;
  /** Logs dead letters that do not fit their topic. */
  readonly log: Logger;
}

/**
 * Names of the headers of the app's dead letters, in addition to a record's.
 */
export const LETTER_HEADERS = {
  ...DEAD_LETTER_HEADERS,
  /** Outcome of the last attempt: `rejected` or `exhausted`. */
  outcome: "dlq-outcome",
  /** Its reason: `bad_event`, `bad_state`, `exhausted`. */
  cause: "dlq-cause",
  /** The event's type; for a record that is not an event, its topic. */
  type: "dlq-type",
  /** The event's id. */
  id: "dlq-id",
  /** The event's source. */
  source: "dlq-source",
  /** The source that delivered it: `grpc` or `kafka`. */
  transport: "dlq-transport",
  /** When it was first tried. */
  firstTime: "dlq-first-time",
  /** When it was last tried. */
  lastTime: "dlq-last-time",
  /** Links the dead letter to the log. */
  errorId: "dlq-error-id",
  /**
   * Marks a record that is not a dead letter but notes that one was replayed.
   */
  replayed: "dlq-replayed",
} as const;

const encoder = new TextEncoder();

/**
 * Creates the sink. An event that arrived as a record becomes that record
 * again, with key, value, headers and timestamp unchanged, plus headers with
 * the reason. For other events, the value is the message as it arrived. A dead
 * letter that is too large for its topic is written in a smaller form; one that
 * its topic accepts in no form goes to `lastResort`. So no event can block its
 * partition.
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
  // Undecodable events have no data.
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

/** The headers of the app's dead letters in addition to the common ones. */
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

/** The position of a record, for the log. */
function recordPlace({ topic, partition, offset }: StreamRecord) {
  return { from: topic, partition, offset: String(offset) };
}

/** The longest unmodified id in a header, in characters. */
const MAX_ID = 1_024;

/** Publishers choose ids: an id as long as an event is replaced by its hash. */
function shortId(id: string): string {
  return id.length <= MAX_ID ? id : digestId(digestOf(encoder.encode(id)));
}

/** A record's original headers, without those added by a replay. */
export function own(headers: readonly RecordHeader[]): readonly RecordHeader[] {
  const added = new Set<string>([
    ...Object.values(LETTER_HEADERS),
    ...Object.values(REPLAY_HEADERS),
  ]);
  return headers.filter(([name]) => !added.has(name));
}
