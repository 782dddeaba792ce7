/**
 * Dead letters in a file of JSON lines.
 *
 * @module
 */

import { StartError } from "../core/errors.ts";
import { Buffer } from "node:buffer";
import { dirname } from "node:path";
import { abortable } from "../core/async.ts";
import type { DeadLetterSink } from "../core/dead_letter.ts";
import { encodeLetter } from "./letter_line.ts";

/** Options of {@linkcode openLetterFile}. */
export interface LetterFileOptions {
  /** The file; what it is rotated to lies beside it. Its folder is made. */
  readonly path: string;
  /** The size from which a new file is begun, in bytes. */
  readonly maxBytes: number;
  /** Milliseconds since the epoch. @default {Date.now} */
  readonly now?: () => number;
}

/** The file of dead letters cannot be used. */
export class LetterFileError extends StartError {
  override name = "LetterFileError";
}

/** A letter that waits to be written. */
interface Pending {
  readonly line: Uint8Array;
  readonly done: PromiseWithResolvers<void>;
}

/** Letters that wait, at most: beyond them, events fail and come again. */
const MAX_PENDING = 1_024;
/** What they hold, at most, in bytes; one letter alone may be longer. */
const MAX_PENDING_BYTES = 33_554_432;

const encoder = new TextEncoder();
const LINE_FEED = 10;

/**
 * Opens the file, to append to it. A letter is kept when the disk has it: letters
 * that come while one is written share the next `fsync`.
 *
 * A file that is full is renamed to `<path>.<time>`, and never deleted here: that is
 * for whoever has looked at it.
 *
 * @throws {LetterFileError} The file cannot be written.
 */
export async function openLetterFile(
  options: LetterFileOptions,
): Promise<DeadLetterSink> {
  const { path, maxBytes, now = Date.now } = options;
  let file: Deno.FsFile | undefined = await open(path);
  let pending: Pending[] = [];
  /** Of those that wait, and of those that are being written. */
  let pendingBytes = 0;
  let writing: Promise<void> | undefined;
  let isClosed = false;

  async function drain(): Promise<void> {
    while (pending.length > 0) {
      const batch = pending;
      pending = [];
      try {
        await append(batch.map(({ line }) => line));
        for (const { done } of batch) done.resolve();
      } catch (cause) {
        close();
        const error = new LetterFileError(
          `File of dead letters ${path} could not be written`,
          { cause },
        );
        for (const { done } of batch) done.reject(error);
      }
      for (const { line } of batch) pendingBytes -= line.length;
    }
    writing = undefined;
  }

  async function append(lines: readonly Uint8Array[]): Promise<void> {
    const bytes = Buffer.concat(lines);
    file = await current(path, file);
    const { size } = await file.stat();
    if (size > 0 && size + bytes.length > maxBytes) {
      close();
      await Deno.rename(path, rotatedName(path, now()));
      file = await open(path);
    }
    await writeAll(file, bytes);
    await file.sync();
  }

  function close(): void {
    file?.close();
    file = undefined;
  }

  return {
    write(letter, signal) {
      if (isClosed || pending.length >= MAX_PENDING) {
        const why = isClosed ? "is closed" : "has too many letters waiting";
        return Promise.reject(
          new LetterFileError(`File of dead letters ${path} ${why}`),
        );
      }
      const line = encoder.encode(`${encodeLetter(letter)}\n`);
      if (pendingBytes > 0 && pendingBytes + line.length > MAX_PENDING_BYTES) {
        return Promise.reject(
          new LetterFileError(
            `File of dead letters ${path} has letters of ${pendingBytes} bytes waiting`,
          ),
        );
      }
      pendingBytes += line.length;
      const done = Promise.withResolvers<void>();
      pending.push({ line, done });
      writing ??= drain();
      return abortable(done.promise, signal);
    },
    async [Symbol.asyncDispose]() {
      isClosed = true;
      await writing;
      close();
    },
  };
}

/** The open file if it is still what the path names, which somebody may have moved. */
async function current(
  path: string,
  file: Deno.FsFile | undefined,
): Promise<Deno.FsFile> {
  if (file === undefined) return await open(path);
  const [named, opened] = await Promise.allSettled([
    Deno.stat(path),
    file.stat(),
  ]);
  const isSame = named.status === "fulfilled" &&
    opened.status === "fulfilled" && named.value.ino === opened.value.ino &&
    named.value.dev === opened.value.dev;
  if (isSame) return file;
  const anew = await open(path);
  file.close();
  return anew;
}

/** Opens the file and ends the line that a crash may have left open. */
async function open(path: string): Promise<Deno.FsFile> {
  try {
    await Deno.mkdir(dirname(path), { recursive: true });
    const file = await Deno.open(path, {
      read: true,
      append: true,
      create: true,
      // Events carry what identifies a person.
      mode: 0o600,
    });
    try {
      await endLine(file);
      return file;
    } catch (error) {
      file.close();
      throw error;
    }
  } catch (cause) {
    throw new LetterFileError(
      `File of dead letters ${path} cannot be opened: expected DEAD_LETTER to ` +
        "name a file that this process may read and write, such as " +
        "file:dead-letters/letters.jsonl",
      { cause },
    );
  }
}

async function endLine(file: Deno.FsFile): Promise<void> {
  const { size } = await file.stat();
  if (size === 0) return;
  const last = new Uint8Array(1);
  await file.seek(-1, Deno.SeekMode.End);
  await file.read(last);
  if (last[0] !== LINE_FEED) await writeAll(file, Uint8Array.of(LINE_FEED));
}

async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let rest = bytes; rest.length > 0;) {
    rest = rest.subarray(await file.write(rest));
  }
}

/**
 * What a full file is renamed to. Names sort by time, and are unlike each other even
 * within a millisecond.
 *
 * @param now Milliseconds since the epoch.
 */
export function rotatedName(path: string, now: number): string {
  const time = new Date(now).toISOString().replace(/[-:.]/g, "");
  return `${path}.${time}-${crypto.randomUUID().slice(0, 8)}`;
}
