/**
 * A disk in memory that fails, fills up, and loses its power when a test says so.
 *
 * @module
 */

import { dirname } from "node:path";
import type { FileSystem, OpenFile } from "../../lib/inbox/_file_system.ts";

/** What is done to a disk. */
export type DiskOperation =
  | "append"
  | "write"
  | "sync"
  | "read"
  | "truncate"
  | "create"
  | "remove"
  | "rename"
  | "syncFolder";

/** Says which operation fails, and how. */
export type Fault = (
  operation: DiskOperation,
  path: string,
) => Error | undefined;

/** What a file holds. */
interface Content {
  /** As the running system sees it. */
  bytes: Uint8Array;
  /** As it certainly is after a power cut. */
  synced: Uint8Array;
  /** From where on a sync failed: those pages never reach the disk. */
  lostFrom: number;
}

/** No room is left. */
export function diskFull(): Error {
  return Object.assign(new Error("No space left on device (os error 28)"), {
    code: "ENOSPC",
  });
}

/** A number below another. */
export type Random = (below: number) => number;

/** A disk in memory. */
export class FakeDisk {
  names = new Map<string, Content>();
  syncedNames = new Map<string, Content>();
  readonly locks = new Set<string>();
  /** Goes up when the process ends. */
  era = 0;
  /** What fails. */
  fault: Fault = () => undefined;
  /** How many operations there were. */
  operations = 0;

  /** The paths of all files. */
  get paths(): readonly string[] {
    return [...this.names.keys()].sort();
  }

  /** What is in a file. */
  bytesOf(path: string): Uint8Array {
    return this.find(path).bytes;
  }

  /** Changes what is in a file, for good. */
  overwrite(path: string, bytes: Uint8Array): void {
    const content = this.find(path);
    content.bytes = bytes;
    content.synced = bytes;
  }

  /** The disk as a process sees it, until that ends. */
  mount(): FileSystem {
    return new Mount(this);
  }

  /** Ends the process: whatever it has mounted and open is of no use any more. */
  kill(): void {
    this.era++;
    this.locks.clear();
  }

  /**
   * Cuts the power: what was not synced is there, or not, or in part, or something
   * else is in its place.
   */
  cutPower(random: Random): void {
    this.kill();
    const names = new Map(this.syncedNames);
    for (const [path, content] of this.names) {
      if (random(2) === 0) names.set(path, content);
    }
    for (const path of this.syncedNames.keys()) {
      if (!this.names.has(path) && random(2) === 0) names.delete(path);
    }
    for (const content of new Set(names.values())) {
      content.bytes = leftOf(content, random);
      content.synced = content.bytes;
      content.lostFrom = Infinity;
    }
    this.names = names;
    this.syncedNames = new Map(names);
  }

  /** What a path names. */
  find(path: string): Content {
    const content = this.names.get(path);
    if (content === undefined) throw new Deno.errors.NotFound(path);
    return content;
  }
}

class Mount implements FileSystem {
  readonly #disk: FakeDisk;
  readonly #era: number;

  constructor(disk: FakeDisk) {
    this.#disk = disk;
    this.#era = disk.era;
  }

  /** An operation takes a moment, in which the process may end. */
  async #turn(operation?: DiskOperation, path = ""): Promise<void> {
    await Promise.resolve();
    if (this.#isDead) throw new Error("Process has ended");
    if (operation === undefined) return;
    this.#disk.operations++;
    const error = this.#disk.fault(operation, path);
    if (error !== undefined) throw error;
  }

  get #isDead(): boolean {
    return this.#era !== this.#disk.era;
  }

  makeFolder(): Promise<void> {
    return this.#turn();
  }

  async list(path: string): Promise<readonly string[]> {
    await this.#turn();
    const start = `${path}/`;
    const names = this.#disk.paths.filter((name) => name.startsWith(start))
      .map((name) => name.slice(start.length).split("/")[0]!);
    return [...new Set(names)];
  }

  async size(path: string): Promise<number> {
    await this.#turn();
    return this.#disk.find(path).bytes.length;
  }

  async create(path: string): Promise<OpenFile> {
    await this.#turn("create", path);
    if (this.#disk.names.has(path)) throw new Deno.errors.AlreadyExists(path);
    return this.#add(path);
  }

  async openAppend(path: string): Promise<OpenFile> {
    await this.#turn();
    if (this.#disk.names.has(path)) return this.#open(path);
    await this.#turn("create", path);
    return this.#add(path);
  }

  openUpdate(path: string): Promise<OpenFile> {
    return this.openRead(path);
  }

  async openRead(path: string): Promise<OpenFile> {
    await this.#turn();
    return this.#open(path);
  }

  async syncFolder(path: string): Promise<void> {
    await this.#turn("syncFolder", path);
    const { names, syncedNames } = this.#disk;
    const isIn = (name: string) => dirname(name) === path;
    for (const name of syncedNames.keys()) {
      if (isIn(name) && !names.has(name)) syncedNames.delete(name);
    }
    for (const [name, content] of names) {
      if (isIn(name)) syncedNames.set(name, content);
    }
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#turn("rename", from);
    this.#disk.names.set(to, this.#disk.find(from));
    this.#disk.names.delete(from);
  }

  async remove(path: string): Promise<void> {
    await this.#turn("remove", path);
    this.#disk.names.delete(path);
  }

  async lock(path: string): Promise<Disposable | undefined> {
    await this.#turn();
    const { locks } = this.#disk;
    if (locks.has(path)) return undefined;
    locks.add(path);
    return {
      [Symbol.dispose]: () => {
        if (!this.#isDead) locks.delete(path);
      },
    };
  }

  #add(path: string): OpenFile {
    const empty = new Uint8Array(0);
    const content = { bytes: empty, synced: empty, lostFrom: Infinity };
    this.#disk.names.set(path, content);
    return this.#open(path);
  }

  #open(path: string): OpenFile {
    const content = this.#disk.find(path);
    return {
      append: async (bytes) => {
        try {
          await this.#turn("append", path);
        } catch (error) {
          const half = bytes.subarray(0, bytes.length >> 1);
          if (!this.#isDead) content.bytes = joined(content.bytes, half);
          throw error;
        }
        content.bytes = joined(content.bytes, bytes);
      },
      write: async (bytes, offset) => {
        await this.#turn("write", path);
        const length = Math.max(content.bytes.length, offset + bytes.length);
        const changed = new Uint8Array(length);
        changed.set(content.bytes);
        changed.set(bytes, offset);
        content.bytes = changed;
      },
      sync: async () => {
        try {
          await this.#turn("sync", path);
        } catch (error) {
          const { synced, lostFrom } = content;
          content.lostFrom = Math.min(lostFrom, synced.length);
          throw error;
        }
        const { bytes, lostFrom } = content;
        content.synced = bytes.slice(0, Math.min(bytes.length, lostFrom));
      },
      read: async (buffer, offset) => {
        await this.#turn("read", path);
        const bytes = content.bytes.subarray(offset, offset + buffer.length);
        buffer.set(bytes);
        return bytes.length;
      },
      truncate: async (length) => {
        await this.#turn("truncate", path);
        content.bytes = content.bytes.slice(0, length);
      },
      [Symbol.dispose]() {},
    };
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(a.length + b.length);
  bytes.set(a);
  bytes.set(b, a.length);
  return bytes;
}

/** What a power cut leaves of a file. */
function leftOf({ bytes, synced }: Content, random: Random): Uint8Array {
  if (bytes.length === synced.length) {
    const start = random(bytes.length);
    const end = start + random(bytes.length);
    return bytes.map((byte, index) =>
      start <= index && index < end ? byte : synced[index]!
    );
  }
  if (bytes.length < synced.length) return random(2) === 0 ? bytes : synced;
  const tail = bytes.slice(synced.length);
  switch (random(6)) {
    case 0:
      return synced;
    case 1:
      return joined(synced, tail);
    case 2:
      return joined(synced, tail.slice(0, random(tail.length)));
    case 3:
      return joined(synced, tail.fill(0, random(tail.length)));
    case 4: {
      const start = random(tail.length);
      return joined(synced, tail.fill(0, start, start + random(tail.length)));
    }
    default:
      return joined(synced, tail.map(() => random(256)));
  }
}
