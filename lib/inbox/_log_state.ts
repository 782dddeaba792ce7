/**
 * The state of a log, shared by its writer, reader and tidier.
 *
 * @module
 */

import { Bell } from "./_bell.ts";
import type { LogOptions } from "./_log_options.ts";
import type { Segment } from "./_segment.ts";

/** Options of one log. */
export interface OpenLogOptions extends LogOptions {
  /** Its folder; may not exist. */
  readonly folder: string;
}

/** The segments of a log, and its next position. */
export class LogState {
  /** The options it was opened with. */
  readonly options: OpenLogOptions;
  /**
   * Identifies the log: 32 hexadecimal digits. A log whose segments are all
   * removed gets another id at the next start, and positions from 0 again.
   */
  readonly id: string;
  /** Rings when there is more to read. */
  readonly committed = new Bell();
  /** The number of the last segment. */
  lastNumber: number;
  /** The position of the next entry. */
  next: number;
  readonly #segments: Segment[];
  #bytes: number;

  /** Continues after these segments. */
  constructor(options: OpenLogOptions, segments: Segment[]) {
    this.options = options;
    this.#segments = segments;
    const last = segments.at(-1);
    this.id = last?.header.logId ??
      crypto.getRandomValues(new Uint8Array(16)).toHex();
    this.lastNumber = last?.number ?? 0;
    this.next = last?.end ?? 0;
    this.#bytes = segments.reduce((sum, { size }) => sum + size, 0);
  }

  /** The segments, in order. */
  get segments(): readonly Segment[] {
    return this.#segments;
  }

  /** The size of the files, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Appends a segment. */
  add(segment: Segment): void {
    this.#segments.push(segment);
    this.#bytes += segment.size;
  }

  /** Removes a segment. */
  delete(segment: Segment): void {
    this.#segments.splice(this.#segments.indexOf(segment), 1);
    this.#bytes -= segment.size;
  }

  /** Records that frames were committed to the last segment. */
  grow(segment: Segment, by: { bytes: number; entries: number }): void {
    segment.size += by.bytes;
    segment.count += by.entries;
    this.#bytes += by.bytes;
    this.next = segment.end;
  }
}
