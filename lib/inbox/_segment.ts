/**
 * A segment: one file of a log, and what is known of its entries.
 *
 * @module
 */

import { join } from "node:path";
import { DoneFile } from "./_done_file.ts";
import type { FileSystem } from "./_file_system.ts";
import type { SegmentHeader } from "./_segment_header.ts";

/** How a file's name says its segment's number. */
const LOG_NAME = /^(\d{12})\.log$/;
const DONE_NAME = /^(\d{12})\.done$/;

/** The numbers of the segments in a folder, in order, and the names that are left over. */
export function sortNames(
  names: readonly string[],
): { readonly numbers: readonly number[]; readonly strays: readonly string[] } {
  const numbers = names.flatMap((name) => {
    const [, digits] = LOG_NAME.exec(name) ?? [];
    return digits === undefined ? [] : [Number(digits)];
  }).sort((a, b) => a - b);
  const known = new Set(numbers);
  const strays = names.filter((name) => {
    const [, digits] = DONE_NAME.exec(name) ?? [];
    return digits !== undefined && !known.has(Number(digits));
  });
  return { numbers, strays };
}

/** Options of {@linkcode Segment}. */
export interface SegmentOptions {
  /** The log's folder. */
  readonly folder: string;
  /** Tells the log's segments apart, from 1. */
  readonly number: number;
  /** What its file begins with. */
  readonly header: SegmentHeader;
  /** How long its file is, in bytes. */
  readonly size: number;
  /** Where it is. */
  readonly files: FileSystem;
}

/** One file of a log. */
export class Segment {
  /** Tells the log's segments apart, from 1. */
  readonly number: number;
  /** What its file begins with. */
  readonly header: SegmentHeader;
  /** Its file. */
  readonly path: string;
  /** The file that says which entries are done. */
  readonly donePath: string;
  /** Which entries are done, by number within the segment. */
  readonly done: DoneFile;
  /** Up to where its file holds committed frames, in bytes. */
  size: number;
  /** How many entries were committed to it. */
  count = 0;
  /** Whether nothing is ever written to it again. */
  isSealed = false;

  /** Describes a file that is there or is about to be. */
  constructor({ folder, number, header, size, files }: SegmentOptions) {
    this.number = number;
    this.header = header;
    this.size = size;
    const name = `${number}`.padStart(12, "0");
    this.path = join(folder, `${name}.log`);
    this.donePath = join(folder, `${name}.done`);
    const { salt } = header;
    this.done = new DoneFile({ path: this.donePath, salt, files });
  }

  /** The position in the log that follows its last entry. */
  get end(): number {
    return this.header.base + this.count;
  }

  /** How many of its entries are not done. */
  get waiting(): number {
    return Math.max(0, this.count - this.done.count);
  }
}
