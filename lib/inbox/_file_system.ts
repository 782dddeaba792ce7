/**
 * The file system operations of the inbox: few enough for tests to replace
 * them.
 *
 * @module
 */

import { dirname } from "node:path";

/** An open file. */
export interface OpenFile extends Disposable {
  /** Appends all bytes. */
  append(bytes: Uint8Array): Promise<void>;
  /** Writes all bytes at an offset; not for files opened for appending. */
  write(bytes: Uint8Array, offset: number): Promise<void>;
  /** Makes appended or written bytes survive a power cut. */
  sync(): Promise<void>;
  /**
   * Reads from an offset, until the buffer is full or the file ends.
   *
   * @returns How many bytes were read.
   */
  read(buffer: Uint8Array, offset: number): Promise<number>;
  /** Truncates the file to a length. */
  truncate(length: number): Promise<void>;
}

/** Files and folders. */
export interface FileSystem {
  /** Creates a folder that survives a power cut. */
  makeFolder(path: string): Promise<void>;
  /** The names in a folder; none if it does not exist. */
  list(path: string): Promise<readonly string[]>;
  /** The length of a file, in bytes. */
  size(path: string): Promise<number>;
  /** Creates a file, which must not exist, for appending. */
  create(path: string): Promise<OpenFile>;
  /** Opens a file for appending, and creates it if necessary. */
  openAppend(path: string): Promise<OpenFile>;
  /** Opens a file for reading and for writing anywhere in it. */
  openUpdate(path: string): Promise<OpenFile>;
  /** Opens a file for reading. */
  openRead(path: string): Promise<OpenFile>;
  /**
   * Makes created, renamed or removed names in a folder survive a power cut.
   */
  syncFolder(path: string): Promise<void>;
  /** Renames a file, replacing an existing one. */
  rename(from: string, to: string): Promise<void>;
  /** Removes a file, if it exists. */
  remove(path: string): Promise<void>;
  /**
   * Locks a file exclusively, until the lock is disposed of or the process ends
   * in any way.
   *
   * @returns `undefined` if another process has the lock.
   */
  lock(path: string): Promise<Disposable | undefined>;
}

/** Entries identify players: only the service's own user may read them. */
const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;

/** The file system of this machine. No operation blocks the event loop. */
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

/** Whether the disk, or the user's quota, is full. */
export function isDiskFull(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : "";
  return code === "ENOSPC" || code === "EDQUOT";
}
