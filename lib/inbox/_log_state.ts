/**
 * What is known of a log: shared by who writes it, who reads it and who tidies it up.
 *
 * @module
 */

import { Bell } from "./_bell.ts";
import type { LogOptions } from "./_log_options.ts";
import type { Segment } from "./_segment.ts";

/** Options of one log. */
export interface OpenLogOptions extends LogOptions {
  /** Its folder; need not exist. */
  readonly folder: string;
}

/** The segments of a log, and where it goes on. */
export class LogState {
  /** What it was opened with. */
  readonly options: OpenLogOptions;
  /**
   * Names the log: 32 hexadecimal digits. A log whose segments are all removed has
   * another id at the next start, and positions from 0 again.
   */
  readonly id: string;
  /** Rings when there is more to read. */
  readonly committed = new Bell();
  /** The number of the last segment that was begun. */
  lastNumber: number;
  /** The position of the next entry. */
  next: number;
  readonly #segments: Segment[];
  #bytes: number;

  /** Goes on after these segments. */
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

  /** What the files take, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Puts a segment after the others. */
  add(segment: Segment): void {
    this.#segments.push(segment);
    this.#bytes += segment.size;
  }

  /** Takes a segment out. */
  delete(segment: Segment): void {
    this.#segments.splice(this.#segments.indexOf(segment), 1);
    this.#bytes -= segment.size;
  }

  /** Says that frames were committed to a segment, the last one. */
  grow(segment: Segment, by: { bytes: number; entries: number }): void {
    segment.size += by.bytes;
    segment.count += by.entries;
    this.#bytes += by.bytes;
    this.next = segment.end;
  }
}
