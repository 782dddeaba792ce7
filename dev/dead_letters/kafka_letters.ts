/**
 * Reads dead letters from topics (`DEAD_LETTER=kafka:SUFFIX`).
 *
 * @module
 */

import {
  decodeLetter,
  type LetterLine,
  LetterLineError,
} from "../../lib/dead_letters/letter_line.ts";
import { LETTER_HEADERS } from "../../lib/kafka/letter_sink.ts";
import type {
  Partition,
  StreamObserver,
} from "../../lib/eventstream/observer.ts";
import { headerOf } from "../../lib/kafka/record_arrival.ts";
import type {
  OutgoingRecord,
  StreamRecord,
} from "../../lib/eventstream/record.ts";
import type { EventStream } from "../../lib/eventstream/stream.ts";
import { eventOf } from "./letter_files.ts";

/** A dead letter with its record. */
export interface TopicLetter {
  /** The dead letter. */
  readonly letter: LetterLine;
  /** The record. */
  readonly record: StreamRecord;
}

/** The dead letters in topics. */
export interface TopicLetters {
  /** The newest dead letter of each event that has not been replayed since. */
  readonly open: readonly TopicLetter[];
  /** Replayed events. */
  readonly replayed: number;
  /** Records that are not dead letters. */
  readonly unreadable: number;
}

/** Detects when all of a subscription's partitions have been read. */
export interface EndWatch {
  /** Pass it to the stream. */
  readonly observer: StreamObserver;
  /** Whether all of these partitions have been read to their ends. */
  hasRead(partitions: readonly Partition[]): boolean;
}

/** Creates the watch. */
export function watchEnds(): EndWatch {
  const left = new Map<string, number>();
  const nameOf = ({ topic, partition }: Partition) => `${topic}:${partition}`;
  return {
    observer: {
      lag: (each) => void left.set(nameOf(each), each.records),
    },
    hasRead: (partitions) =>
      partitions.every((each) => left.get(nameOf(each)) === 0),
  };
}

/** How often to check whether everything has been read, in milliseconds. */
const TICK = 50;

/** Options of {@linkcode readTopicLetters}. */
export interface ReadTopicLettersOptions {
  /** The stream to read from. */
  readonly stream: EventStream;
  /** The watch whose observer the stream has. */
  readonly ends: EndWatch;
  /** The dead-letter topics, without prefix. */
  readonly topics: readonly string[];
  /** The group that wrote the dead letters, with prefix. */
  readonly group: string;
  /** Ends the reading; returns what was read until then. */
  readonly signal: AbortSignal;
}

/**
 * Reads all dead letters of a group, from beginning to end.
 *
 * @throws The signal's reason: not everything could be read.
 */
export async function readTopicLetters(
  { stream, ends, topics, group, signal }: ReadTopicLettersOptions,
): Promise<TopicLetters> {
  const letters = new Map<string, TopicLetter>();
  const replayed = new Map<string, string>();
  let unreadable = 0;
  await using subscription = stream.subscribe(
    { topic: topics, raw: true, signal },
    (record) => {
      if (headerOf(record.headers, LETTER_HEADERS.group) !== group) return;
      try {
        const letter = letterOf(record);
        const key = eventOf(letter);
        const isMark =
          headerOf(record.headers, LETTER_HEADERS.replayed) !== undefined;
        const before = isMark
          ? replayed.get(key)
          : letters.get(key)?.letter.time;
        if (before !== undefined && before > letter.time) return;
        if (isMark) replayed.set(key, letter.time);
        else letters.set(key, { letter, record });
      } catch (error) {
        if (!(error instanceof LetterLineError)) throw error;
        unreadable++;
      }
    },
  );
  while (!(subscription.isJoined && ends.hasRead(subscription.partitions))) {
    signal.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, TICK));
  }
  const open = [...letters].filter(([key, { letter }]) =>
    letter.time > (replayed.get(key) ?? "")
  ).map(([, each]) => each).sort((a, b) =>
    a.letter.time < b.letter.time ? -1 : a.letter.time > b.letter.time ? 1 : 0
  );
  return { open, replayed: letters.size - open.length, unreadable };
}

/** Decodes a record. @throws {LetterLineError} It is not a dead letter. */
function letterOf({ headers, value }: StreamRecord): LetterLine {
  const name = LETTER_HEADERS;
  const text = (header: string) => headerOf(headers, header);
  const errorId = text(name.errorId);
  const sha256 = text(name.sha256);
  const [, errorName = "Error", message = ""] =
    /^(\w+): (.*)$/s.exec(text(name.error) ?? "") ?? [];
  return decodeLetter(JSON.stringify({
    time: text(name.lastTime),
    firstTime: text(name.firstTime),
    outcome: text(name.outcome),
    reason: text(name.cause),
    attempts: Number(text(name.attempts)),
    source: text(name.transport),
    event: {
      id: text(name.id),
      type: text(name.type),
      source: text(name.source),
    },
    ...(value !== undefined && { bytes: value.toBase64() }),
    ...(sha256 !== undefined && {
      digest: { size: Number(text(name.size)), sha256 },
    }),
    error: [{ name: errorName, message }],
    ...(errorId !== undefined && { errorId }),
  }));
}

/** The record that marks a dead letter as replayed. */
export function replayMark({ record }: TopicLetter): OutgoingRecord {
  const why = Object.values(LETTER_HEADERS) as readonly string[];
  return {
    ...(record.key !== undefined && { key: record.key }),
    headers: [
      ...record.headers.filter(([name]) => why.includes(name)),
      [LETTER_HEADERS.replayed, new TextEncoder().encode("true")],
    ],
  };
}
