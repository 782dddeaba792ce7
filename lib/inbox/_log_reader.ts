/**
 * Reads a log from a position, one chunk at a time.
 *
 * @module
 */

import { decodeFrame, ENTRY_HEADER, type StoredEntry } from "./_frame.ts";
import type { FileSystem, OpenFile } from "./_file_system.ts";
import type { Segment } from "./_segment.ts";
import { SEGMENT_HEADER } from "./_segment_header.ts";

/** An entry with its position. */
export interface ReadEntry extends StoredEntry {
  /** Its position in the log. */
  readonly position: number;
  /** The segment that contains it. */
  readonly segment: Segment;
}

/** Options of {@linkcode LogReader}. */
export interface LogReaderOptions {
  /** The first position to read. */
  readonly from: number;
  /** Skips entries that are done. */
  readonly skipDone: boolean;
  /** The first segment with entries at or after a position. */
  readonly segmentAt: (position: number) => Segment | undefined;
  /** Called for entries that cannot be read. */
  readonly onLost: (segment: Segment, first: number, end: number) => void;
  /** The file system. */
  readonly files: FileSystem;
}

/** Bytes per read, unless a frame is longer. */
const PIECE = 2 ** 18;

/** Reads a log. It holds one chunk in memory, however much is waiting. */
export class LogReader implements Disposable {
  readonly #options: LogReaderOptions;
  #entries: ReadEntry[] = [];
  #taken = 0;
  #position: number;
  #segment: Segment | undefined;
  #file: OpenFile | undefined;
  #offset = SEGMENT_HEADER;
  #end: number | undefined;
  /** The number of the next entry within the segment. */
  #index = 0;

  /** It reads nothing before `fill`. */
  constructor(options: LogReaderOptions) {
    this.#options = options;
    this.#position = options.from;
  }

  /** The next entry, if it has been read. */
  peek(): ReadEntry | undefined {
    return this.#entries[this.#taken];
  }

  /** Takes the next entry, if it has been read. */
  take(): ReadEntry | undefined {
    const entry = this.#entries[this.#taken];
    if (entry !== undefined) this.#taken++;
    return entry;
  }

  /** The first position that has not been read yet. */
  get position(): number {
    return this.#position;
  }

  /** How many entries of the current segment were read or are lost. */
  get index(): number {
    return this.#index;
  }

  /** The end of the last frame in the current segment, in bytes. */
  get end(): number {
    return this.#end ?? this.#offset;
  }

  /**
   * Reads until there is an entry to take, or nothing more to read for now.
   *
   * @throws A file cannot be read; the next call retries.
   */
  async fill(): Promise<void> {
    while (this.#taken === this.#entries.length) {
      this.#entries = [];
      this.#taken = 0;
      const segment = this.#segment ?? this.#enter();
      if (segment === undefined) return;
      // Check first: a sealed segment already has its last entries.
      const isSealed = segment.isSealed;
      if (this.#index >= segment.count || this.#offset >= segment.size) {
        if (!isSealed) return;
        this.#leave(segment);
      } else await this.#readPiece(segment);
    }
  }

  #enter(): Segment | undefined {
    const segment = this.#options.segmentAt(this.#position);
    if (segment === undefined) return undefined;
    this.#segment = segment;
    this.#offset = SEGMENT_HEADER;
    this.#end = undefined;
    this.#index = 0;
    return segment;
  }

  #leave(segment: Segment): void {
    this.#lose(segment, segment.count);
    this.#position = Math.max(this.#position, segment.end);
    this[Symbol.dispose]();
  }

  /** Reports entries up to a number as lost. */
  #lose(segment: Segment, end: number): void {
    const { onLost } = this.#options;
    if (this.#index < end) onLost(segment, this.#index, end);
    this.#index = Math.max(this.#index, end);
  }

  async #readPiece(segment: Segment): Promise<void> {
    this.#file ??= await this.#options.files.openRead(segment.path);
    for (let wanted = PIECE;;) {
      const { size } = segment;
      const start = this.#offset;
      const bytes = new Uint8Array(Math.min(wanted, size - start));
      const read = await this.#file.read(bytes, start);
      const need = this.#decode(segment, bytes.subarray(0, read));
      if (need === 0) return;
      if (need <= size - start && read === bytes.length) wanted = need;
      else return await this.#findNext(segment, size);
    }
  }

  /**
   * Decodes the frames in a chunk.
   *
   * @returns 0; or, if there was no frame, how many bytes the next one has;
   * infinite if the contents are not a frame.
   */
  #decode(segment: Segment, bytes: Uint8Array): number {
    const { salt } = segment.header;
    let offset = 0;
    while (offset < bytes.length && this.#index < segment.count) {
      const place = { offset, salt, first: this.#index };
      const frame = decodeFrame(bytes, place);
      if (frame === undefined) return offset === 0 ? Infinity : 0;
      if (typeof frame === "number") return offset === 0 ? frame : 0;
      if (frame.first > this.#index) {
        this.#lose(segment, Math.min(frame.first, segment.count));
      }
      this.#keep(segment, frame.entries);
      offset += frame.length;
      this.#offset += frame.length;
    }
    return 0;
  }

  #keep(segment: Segment, entries: readonly StoredEntry[]): void {
    const { skipDone } = this.#options;
    for (const entry of entries) {
      const index = this.#index++;
      const position = segment.header.base + index;
      // An uncommitted frame may follow the last committed one.
      if (index >= segment.count || position < this.#position) continue;
      this.#position = position + 1;
      if (skipDone && segment.done.has(index)) continue;
      this.#entries.push({ ...entry, position, segment });
    }
  }

  /**
   * Searches for the next frame after invalid bytes: the disk may have lost a
   * part.
   */
  async #findNext(segment: Segment, size: number): Promise<void> {
    const start = this.#offset;
    const bytes = new Uint8Array(size - start);
    const read = await this.#file?.read(bytes, start) ?? 0;
    const found = findFrame(bytes.subarray(0, read), {
      salt: segment.header.salt,
      first: this.#index,
      end: segment.count,
    });
    this.#offset = found === undefined ? size : start + found;
    if (found === undefined) this.#end = start;
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    this.#file?.[Symbol.dispose]();
    this.#file = undefined;
    this.#segment = undefined;
  }
}

/** The frame to search for. */
interface Wanted {
  readonly salt: number;
  /** The lowest possible number of its first entry. */
  readonly first: number;
  /** The first impossible number. */
  readonly end: number;
}

/** The most bytes to checksum while searching for a frame. */
const MAX_EFFORT = 2 ** 28;

/** Where the next frame begins, after the first byte. */
function findFrame(bytes: Uint8Array, wanted: Wanted): number | undefined {
  const { salt, first } = wanted;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let effort = 0;
  for (let offset = 1; offset + ENTRY_HEADER < bytes.length; offset++) {
    const length = view.getUint32(offset, true);
    const number = view.getUint32(offset + 8, true);
    if (length > bytes.length - offset || number >= wanted.end) continue;
    if (number > first + 1 + offset / ENTRY_HEADER) continue;
    effort += length;
    if (effort > MAX_EFFORT) return undefined;
    const frame = decodeFrame(bytes, { offset, salt, first });
    if (typeof frame === "object") return offset;
  }
  return undefined;
}
