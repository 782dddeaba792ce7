/**
 * What sources need of the inbox: events whose sender does not wait are written down,
 * then answered, then handled until they are done or dead letters.
 *
 * Sources share one inbox. Each writes records of its own making, and says how they are
 * read again: by this process, or by the next one.
 *
 * @module
 */

import type { TerminalError } from "./errors.ts";
import type { Event } from "./event.ts";
import type { InboxRanges, InboxState } from "./inbox.ts";
import type { Arrival } from "./tracing.ts";

/** An event that was read from a record. */
export interface RecordedEvent {
  /** The event. Its id is the same each time that it is read. */
  readonly event: Event;
  /** Which of the app's types handles it. @default {the event's own type} */
  readonly route?: string | undefined;
  /** How it arrived, for traces. */
  readonly arrival?: Arrival | undefined;
  /** Why it does not decode: it becomes a dead letter. */
  readonly malformed?: TerminalError | undefined;
  /** What a dead letter keeps of it, to be sent again. @default {nothing} */
  readonly bytes?: Uint8Array | undefined;
}

/** How a source reads what it wrote. */
export interface InboxReader {
  /** The source's name: a metric label, and how its records are told from others'. */
  readonly source: string;
  /** What an event takes in memory once it is read, in bytes. */
  costOf(record: Uint8Array): number;
  /**
   * Reads a record.
   *
   * @returns `undefined` if no handler takes the event (any more): it is done.
   */
  read(record: Uint8Array): RecordedEvent | undefined;
}

/** Writes the records of one source. */
export interface InboxWriter {
  /**
   * Writes records down, all or none. When it resolves they are safe, and their events
   * will be handled.
   *
   * @param signal Ends the wait: the records may still be written.
   * @throws {InboxError} They are not written.
   * @throws {RangeError} They are more than fits at once.
   */
  append(records: readonly Uint8Array[], signal?: AbortSignal): Promise<void>;
}

/** The inbox, as sources see it. */
export interface EventInbox {
  /**
   * Takes part in it. Its events are handled once all sources are open.
   *
   * @throws {AppError} A source of this name takes part already.
   */
  register(reader: InboxReader): InboxWriter;
  /** Every record once more, for the archive; `undefined` if not asked for. */
  readonly ranges: InboxRanges | undefined;
  /** How full it is now. */
  readonly state: InboxState;
}

/** A record, and whose it is. */
export interface SourceRecord {
  /** The source's name. */
  readonly source: string;
  /** What it wrote. */
  readonly record: Uint8Array;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * Makes an entry of the inbox: the length of the source's name in a byte, the name, and
 * the record.
 */
export function encodeEntry({ source, record }: SourceRecord): Uint8Array {
  const name = encoder.encode(source);
  const entry = new Uint8Array(1 + name.length + record.length);
  entry[0] = name.length;
  entry.set(name, 1);
  entry.set(record, 1 + name.length);
  return entry;
}

/** Reads an entry of the inbox; the record is a view of it. */
export function decodeEntry(entry: Uint8Array): SourceRecord {
  const start = 1 + (entry[0] ?? 0);
  return {
    source: decoder.decode(entry.subarray(1, start)),
    record: entry.subarray(start),
  };
}
