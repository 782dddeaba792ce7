/**
 * Writes dead letters to a file of JSON lines.
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
  /** The file; rotated files are next to it. Its folder is created. */
  readonly path: string;
  /** The size at which a new file is started, in bytes. */
  readonly maxBytes: number;
  /** Milliseconds since the epoch. @default {Date.now} */
  readonly now?: () => number;
}

/** The dead-letter file is unusable. */
export class LetterFileError extends StartError {
  override name = "LetterFileError";
}

/** A dead letter that waits to be written. */
interface Pending {
  readonly line: Uint8Array;
  readonly done: PromiseWithResolvers<void>;
}

/**
 * The most waiting dead letters: beyond that, events fail and are delivered
 * again.
 */
const MAX_PENDING = 1_024;
/** Their most bytes; a single dead letter may be larger. */
const MAX_PENDING_BYTES = 33_554_432;

const encoder = new TextEncoder();
const LINE_FEED = 10;

/**
 * Opens the file for appending. A dead letter is written when it is on disk;
 * those that arrive during a write share the next `fsync`.
 *
 * A full file is renamed to `<path>.<time>` and never deleted here: that is up
 * to whoever has reviewed it.
 *
 * @throws {LetterFileError} The file cannot be written.
 */
export async function openLetterFile(
  options: LetterFileOptions,
): Promise<DeadLetterSink> {
  const { path, maxBytes, now = Date.now } = options;
  let file: Deno.FsFile | undefined = await open(path);
  let pending: Pending[] = [];
  /** Bytes of dead letters that wait or are being written. */
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
        const why = isClosed
          ? "is closed"
          : "has too many dead letters waiting";
        return Promise.reject(
          new LetterFileError(`File of dead letters ${path} ${why}`),
        );
      }
      const line = encoder.encode(`${encodeLetter(letter)}\n`);
      if (pendingBytes > 0 && pendingBytes + line.length > MAX_PENDING_BYTES) {
        return Promise.reject(
          new LetterFileError(
            `File of dead letters ${path} has ${pendingBytes} bytes of dead letters waiting`,
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

/**
 * The open file, if the path still refers to it: somebody may have moved it.
 */
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

/** Opens the file and ends a line that a crash may have left incomplete. */
async function open(path: string): Promise<Deno.FsFile> {
  try {
    await Deno.mkdir(dirname(path), { recursive: true });
    const file = await Deno.open(path, {
      read: true,
      append: true,
      create: true,
      // Events may contain personal data.
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
 * The new name of a full file. Names sort by time, and are unique even within a
 * millisecond.
 *
 * @param now Milliseconds since the epoch.
 */
export function rotatedName(path: string, now: number): string {
  const time = new Date(now).toISOString().replace(/[-:.]/g, "");
  return `${path}.${time}-${crypto.randomUUID().slice(0, 8)}`;
}
