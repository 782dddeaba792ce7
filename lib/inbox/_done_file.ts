/**
 * Records which entries of a segment are done, in an append-only file next to
 * it.
 *
 * ```
 * u32 number of the first entry, u32 how many, u32 CRC-32 of the salt and of both
 * ```
 *
 * It is written after an entry is done, and not synced: a killed process loses
 * only the last moments, a power cut what the system had not written yet. Those
 * entries run again.
 *
 * @module
 */

import { crc32 } from "node:zlib";
import { Bits } from "./_bits.ts";
import type { FileSystem, OpenFile } from "./_file_system.ts";

const MARK = 12;

/** Consecutive entries that are done. */
interface Run {
  readonly first: number;
  length: number;
}

/** Options of {@linkcode DoneFile}. */
export interface DoneFileOptions {
  /** The file. */
  readonly path: string;
  /** The segment's salt. */
  readonly salt: number;
  /** The file system. */
  readonly files: FileSystem;
}

/** Records which entries of one segment are done. */
export class DoneFile implements AsyncDisposable {
  readonly #options: DoneFileOptions;
  readonly #bits = new Bits();
  #unwritten: Run[] = [];
  #file: OpenFile | undefined;
  #writing: Promise<void> | undefined;
  #isBroken = false;
  #end = 0;

  /** It knows no entries before `load`. */
  constructor(options: DoneFileOptions) {
    this.#options = options;
  }

  /** How many entries are done. */
  get count(): number {
    return this.#bits.size;
  }

  /** Whether an entry is done. */
  has(index: number): boolean {
    return this.#bits.has(index);
  }

  /**
   * Reads the file. Entries in a part torn by a crash count as not done.
   *
   * @param end How many entries the segment has.
   */
  async load(end: number): Promise<void> {
    const { path, salt, files } = this.#options;
    const bytes = new Uint8Array(await files.size(path));
    using file = await files.openRead(path);
    const length = await file.read(bytes, 0);
    const view = new DataView(bytes.buffer);
    for (let offset = 0; offset + MARK <= length; offset += MARK) {
      const mark = bytes.subarray(offset, offset + 8);
      if (crc32(mark, salt) !== view.getUint32(offset + 8, true)) {
        // Nothing can be appended after it: the next write starts the file
        // again.
        this.#isBroken = true;
        break;
      }
      const first = view.getUint32(offset, true);
      const last = Math.min(first + view.getUint32(offset + 4, true), end);
      for (let index = first; index < last; index++) this.#set(index);
    }
    if (length % MARK !== 0) this.#isBroken = true;
  }

  /**
   * Marks an entry as done.
   *
   * @returns Whether it is new.
   */
  add(index: number): boolean {
    if (!this.#set(index)) return false;
    const last = this.#unwritten.at(-1);
    if (last !== undefined && last.first + last.length === index) last.length++;
    else this.#unwritten.push({ first: index, length: 1 });
    return true;
  }

  #set(index: number): boolean {
    this.#end = Math.max(this.#end, index + 1);
    return this.#bits.add(index);
  }

  /**
   * Writes what has not been written yet.
   *
   * @throws The file cannot be written; the next call retries.
   */
  write(): Promise<void> {
    return this.#writing ??= this.#write().finally(() =>
      this.#writing = undefined
    );
  }

  async #write(): Promise<void> {
    while (this.#unwritten.length > 0) {
      const { path, files } = this.#options;
      try {
        this.#file ??= await files.openAppend(path);
        if (this.#isBroken) await this.#file.truncate(0);
        const runs = this.#isBroken
          ? [...this.#bits.runs(this.#end)]
          : this.#unwritten;
        this.#unwritten = [];
        await this.#file.append(this.#encode(runs));
        this.#isBroken = false;
      } catch (error) {
        // The file may be torn: everything has to be written again.
        this.#isBroken = true;
        this.#unwritten = [...this.#bits.runs(this.#end)];
        this.#close();
        throw error;
      }
    }
  }

  #encode(runs: readonly Run[]): Uint8Array {
    const bytes = new Uint8Array(runs.length * MARK);
    const view = new DataView(bytes.buffer);
    runs.forEach(({ first, length }, index) => {
      const offset = index * MARK;
      view.setUint32(offset, first, true);
      view.setUint32(offset + 4, length, true);
      const mark = bytes.subarray(offset, offset + 8);
      view.setUint32(offset + 8, crc32(mark, this.#options.salt), true);
    });
    return bytes;
  }

  #close(): void {
    this.#file?.[Symbol.dispose]();
    this.#file = undefined;
  }

  /** Closes the file after a running write. Removes nothing. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writing?.catch(() => {});
    this.#close();
  }
}
