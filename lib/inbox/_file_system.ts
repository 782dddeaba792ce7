/**
 * What the inbox asks of a file system: small enough for tests to stand in for it.
 *
 * @module
 */

import { dirname } from "node:path";

/** An open file. */
export interface OpenFile extends Disposable {
  /** Appends all of it. */
  append(bytes: Uint8Array): Promise<void>;
  /** Writes all of it at a place; not for files that are appended to. */
  write(bytes: Uint8Array, offset: number): Promise<void>;
  /** Makes what was appended or written survive a power cut. */
  sync(): Promise<void>;
  /**
   * Reads from a place on, until the buffer is full or the file ends.
   *
   * @returns How many bytes were read.
   */
  read(buffer: Uint8Array, offset: number): Promise<number>;
  /** Cuts the file to a length. */
  truncate(length: number): Promise<void>;
}

/** Files and folders. */
export interface FileSystem {
  /** Makes a folder that survives a power cut. */
  makeFolder(path: string): Promise<void>;
  /** The names in a folder; none if there is no folder. */
  list(path: string): Promise<readonly string[]>;
  /** The length of a file, in bytes. */
  size(path: string): Promise<number>;
  /** Creates a file that must not exist, to append to it. */
  create(path: string): Promise<OpenFile>;
  /** Opens a file to append to it, and creates it if need be. */
  openAppend(path: string): Promise<OpenFile>;
  /** Opens a file to read it and to write anywhere in it. */
  openUpdate(path: string): Promise<OpenFile>;
  /** Opens a file to read it. */
  openRead(path: string): Promise<OpenFile>;
  /** Makes names that were created, renamed or removed in a folder survive. */
  syncFolder(path: string): Promise<void>;
  /** Gives a file the name of another, which it replaces. */
  rename(from: string, to: string): Promise<void>;
  /** Removes a file; nothing happens if there is none. */
  remove(path: string): Promise<void>;
  /**
   * Keeps all others out of what a file stands for, until it is disposed of or the
   * process ends, however it ends.
   *
   * @returns `undefined` if somebody else has it.
   */
  lock(path: string): Promise<Disposable | undefined>;
}

/** Entries identify players: only the service's own user reads them. */
const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;

/** The file system of this machine. Nothing of it blocks the event loop. */
export const FILE_SYSTEM: FileSystem = {
  async makeFolder(path) {
    await Deno.mkdir(path, { recursive: true, mode: FOLDER_MODE });
    try {
      await syncFolder(dirname(path));
    } catch (error) {
      // The service may write its own folders only. The journals of today's file
      // systems have a folder's making before what is synced in it, and a volume is
      // there already.
      if (!(error instanceof Deno.errors.NotCapable)) throw error;
    }
  },
  async list(path) {
    try {
      const names: string[] = [];
      for await (const { name } of Deno.readDir(path)) names.push(name);
      return names;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return [];
      throw error;
    }
  },
  async size(path) {
    return (await Deno.stat(path)).size;
  },
  async create(path) {
    const options = { createNew: true, append: true, mode: FILE_MODE };
    return new DenoFile(await Deno.open(path, options));
  },
  async openAppend(path) {
    const options = { create: true, append: true, mode: FILE_MODE };
    return new DenoFile(await Deno.open(path, options));
  },
  async openUpdate(path) {
    return new DenoFile(await Deno.open(path, { read: true, write: true }));
  },
  async openRead(path) {
    return new DenoFile(await Deno.open(path, { read: true }));
  },
  syncFolder,
  rename: (from, to) => Deno.rename(from, to),
  async remove(path) {
    try {
      await Deno.remove(path);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  },
  async lock(path) {
    const options = { create: true, write: true, mode: FILE_MODE };
    const file = await Deno.open(path, options);
    if (await file.tryLock(true)) return file;
    file.close();
    return undefined;
  },
};

async function syncFolder(path: string): Promise<void> {
  using folder = await Deno.open(path);
  await folder.sync();
}

class DenoFile implements OpenFile {
  readonly #file: Deno.FsFile;

  constructor(file: Deno.FsFile) {
    this.#file = file;
  }

  async append(bytes: Uint8Array): Promise<void> {
    for (let rest = bytes; rest.length > 0;) {
      rest = rest.subarray(await this.#file.write(rest));
    }
  }

  async write(bytes: Uint8Array, offset: number): Promise<void> {
    await this.#file.seek(offset, Deno.SeekMode.Start);
    await this.append(bytes);
  }

  async sync(): Promise<void> {
    await this.#file.syncData();
  }

  async read(buffer: Uint8Array, offset: number): Promise<number> {
    await this.#file.seek(offset, Deno.SeekMode.Start);
    let size = 0;
    while (size < buffer.length) {
      const read = await this.#file.read(buffer.subarray(size));
      if (read === null) break;
      size += read;
    }
    return size;
  }

  async truncate(length: number): Promise<void> {
    await this.#file.truncate(length);
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }
}

/** Whether there is no room left on the disk, or the user's part of it. */
export function isDiskFull(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : "";
  return code === "ENOSPC" || code === "EDQUOT";
}
