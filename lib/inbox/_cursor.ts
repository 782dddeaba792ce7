/**
 * The read position of a log: a file with two slots, written alternately, so
 * that the previous one stays valid during a write.
 *
 * It has its full length from the start, so that a full disk prevents neither
 * writing it nor freeing what was read.
 *
 * ```
 * for each place of 64 bytes:
 *   16 bytes the id of the log
 *   f64 which write it was, f64 committed, f64 planned
 *   u32 CRC-32 of all that
 * ```
 *
 * @module
 */

import { dirname } from "node:path";
import { crc32 } from "node:zlib";
import { StartError } from "../core/errors.ts";
import type { FileSystem, OpenFile } from "./_file_system.ts";

/** The contents of a cursor. */
export interface CursorState {
  /** The log that the positions belong to: 32 hexadecimal digits. */
  readonly logId: string;
  /** Everything before this position has been read. */
  readonly committed: number;
  /** The end of the range that is being read; `committed` if there is none. */
  readonly planned: number;
}

/** The file is damaged. */
export class CursorError extends StartError {
  override name = "CursorError";
}

const PLACE = 64;
const CHECKED = 40;

/** A cursor in a file. */
export class Cursor implements Disposable {
  readonly #file: OpenFile;
  #state: CursorState;
  #writes: number;

  private constructor(file: OpenFile, { state, writes }: Place) {
    this.#file = file;
    this.#state = state;
    this.#writes = writes;
  }

  /**
   * Opens it, and creates the file if it does not exist.
   *
   * @throws {CursorError} The file exists but is not a cursor.
   */
  static async open(path: string, files: FileSystem): Promise<Cursor> {
    const file = await openOrCreate(path, files);
    try {
      const bytes = new Uint8Array(2 * PLACE);
      await file.read(bytes, 0);
      const found = decode(bytes);
      if (found !== undefined) return new Cursor(file, found);
      throw new CursorError(
        `File ${path} does not contain the inbox's read position: expected it as ` +
          "it was written; if you remove it, everything still there is read " +
          "again",
      );
    } catch (error) {
      file[Symbol.dispose]();
      throw error;
    }
  }

  /** The current contents. */
  get state(): CursorState {
    return this.#state;
  }

  /** Replaces the contents. When it resolves, they survive a power cut. */
  async write(state: CursorState): Promise<void> {
    // Counted only when it is durable: until then the other slot is valid.
    const writes = this.#writes + 1;
    await this.#file.write(encode({ state, writes }), (writes % 2) * PLACE);
    await this.#file.sync();
    this.#writes = writes;
    this.#state = state;
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    this.#file[Symbol.dispose]();
  }
}

/** The contents of a new file: no log. */
const NOTHING: Place = {
  state: { logId: "0".repeat(32), committed: 0, planned: 0 },
  writes: 0,
};

/** An existing file was once written completely. */
async function openOrCreate(
  path: string,
  files: FileSystem,
): Promise<OpenFile> {
  try {
    return await files.openUpdate(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  const temporary = `${path}.new`;
  await files.remove(temporary);
  {
    using file = await files.create(temporary);
    const bytes = new Uint8Array(2 * PLACE);
    bytes.set(encode(NOTHING));
    await file.append(bytes);
    await file.sync();
  }
  await files.rename(temporary, path);
  await files.syncFolder(dirname(path));
  return await files.openUpdate(path);
}

interface Place {
  readonly state: CursorState;
  readonly writes: number;
}

function encode({ state, writes }: Place): Uint8Array {
  const bytes = new Uint8Array(PLACE);
  const view = new DataView(bytes.buffer);
  bytes.set(Uint8Array.fromHex(state.logId));
  view.setFloat64(16, writes, true);
  view.setFloat64(24, state.committed, true);
  view.setFloat64(32, state.planned, true);
  view.setUint32(CHECKED, crc32(bytes.subarray(0, CHECKED)), true);
  return bytes;
}

/** The newer of the valid slots. */
function decode(bytes: Uint8Array): Place | undefined {
  const places = [0, PLACE].flatMap((offset) =>
    decodePlace(bytes.subarray(offset, offset + PLACE)) ?? []
  );
  return places.sort((a, b) => b.writes - a.writes)[0];
}

function decodePlace(bytes: Uint8Array): Place | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, PLACE);
  const writes = view.getFloat64(16, true);
  const isWhole = crc32(bytes.subarray(0, CHECKED)) ===
    view.getUint32(CHECKED, true);
  if (!isWhole) return undefined;
  return {
    state: {
      logId: bytes.subarray(0, 16).toHex(),
      committed: view.getFloat64(24, true),
      planned: view.getFloat64(32, true),
    },
    writes,
  };
}
