/**
 * A segment: one file of a log, and the state of its entries.
 *
 * @module
 */

import { join } from "node:path";
import { DoneFile } from "./_done_file.ts";
import type { FileSystem } from "./_file_system.ts";
import type { SegmentHeader } from "./_segment_header.ts";

/** The pattern of file names, which contain the segment's number. */
const LOG_NAME = /^(\d{12})\.log$/;
const DONE_NAME = /^(\d{12})\.done$/;

/**
 * The numbers of the segments in a folder, in order, and the remaining names.
 */
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
  /** Identifies the segment within the log, from 1. */
  readonly number: number;
  /** The header of its file. */
  readonly header: SegmentHeader;
  /** The size of its file, in bytes. */
  readonly size: number;
  /** The file system. */
  readonly files: FileSystem;
}

/** One file of a log. */
export class Segment {
  /** Identifies the segment within the log, from 1. */
  readonly number: number;
  /** The header of its file. */
  readonly header: SegmentHeader;
  /** The path of its file. */
  readonly path: string;
  /** The path of the file that records which entries are done. */
  readonly donePath: string;
  /** Which entries are done, by number within the segment. */
  readonly done: DoneFile;
  /** The end of the committed frames in its file, in bytes. */
  size: number;
  /** The number of committed entries. */
  count = 0;
  /** Whether nothing will be written to it any more. */
  isSealed = false;

  /** Describes an existing file, or one about to be created. */
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

  /** The position in the log after its last entry. */
  get end(): number {
    return this.header.base + this.count;
  }

  /** How many of its entries are not done. */
  get waiting(): number {
    return Math.max(0, this.count - this.done.count);
  }
}
