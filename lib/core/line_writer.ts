/**
 * Writes lines to an output that may be slow, full or closed: standard output.
 *
 * @module
 */

import { abortable } from "./async.ts";

/** Options of {@linkcode createLineWriter}. */
export interface LineWriterOptions {
  /**
   * Writes some or all bytes, without blocking the event loop. It is not called
   * again before it has settled.
   *
   * @returns How many bytes it wrote.
   */
  readonly take: (bytes: Uint8Array) => Promise<number>;
  /**
   * Creates the line that reports how many lines are missing.
   *
   * @default {no report}
   */
  readonly gapLine?: (lines: number) => string;
  /** Bytes that may wait, besides those being written. @default {4194304} */
  readonly maxBytes?: number;
  /** Delay before a retry after a failure, in milliseconds. @default {1000} */
  readonly retryDelay?: number;
  /**
   * Delay before lines that follow others are written, in milliseconds.
   * @default {10}
   */
  readonly linger?: number;
  /** Time for disposing to write the rest, in milliseconds. @default {1000} */
  readonly flushTime?: number;
}

/**
 * Writes lines without waiting. Disposing writes the rest, within a time limit.
 */
export interface LineWriter extends AsyncDisposable {
  /**
   * Writes a line, which ends in a line feed. It is dropped if there is no
   * room.
   */
  write(line: string): void;
  /**
   * Writes a line and waits until the operating system has it.
   *
   * @param signal Ends the wait. The line may still be written.
   * @throws {LineDroppedError} It was not written, or only in part.
   */
  confirm(line: string, signal: AbortSignal): Promise<void>;
  /** The number of lines dropped so far. */
  readonly dropped: number;
}

/** A line was not written, or only in part. */
export class LineDroppedError extends Error {
  /** What logs call it. */
  override name = "LineDroppedError";
}

/** Lines that are written together. */
interface Batch {
  bytes: Uint8Array<ArrayBuffer>;
  length: number;
  lines: number;
  /** The callers that wait for one of the lines. */
  waiting: PromiseWithResolvers<void>[];
  /** Lines that were dropped before these. */
  droppedBefore: number;
  /** Lines that were dropped after these because there was no room. */
  droppedAfter: number;
}

/** Buffer size that is kept while idle, in bytes. */
const MIN_BYTES = 65_536;
const MAX_BYTES = 4_194_304;

/** Bytes that are written without delay. */
const ENOUGH_BYTES = 32_768;

/** The most UTF-8 bytes for one UTF-16 unit. */
const MAX_UNIT_BYTES = 3;

const encoder = new TextEncoder();
const LINE_FEED = encoder.encode("\n");

/**
 * Creates a writer. It writes together the lines of one turn of the event loop,
 * and those that arrive during a write or shortly after: each write costs as
 * much as many lines. If there is no room, the newest lines are dropped and
 * counted.
 */
export function createLineWriter(options: LineWriterOptions): LineWriter {
  const { take, gapLine, maxBytes = MAX_BYTES } = options;
  const { retryDelay = 1_000, linger = 10, flushTime = 1_000 } = options;
  let next = emptyBatch(new Uint8Array(Math.min(MIN_BYTES, maxBytes)));
  let spare: Uint8Array<ArrayBuffer> | undefined;
  let dropped = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isRunning = false;
  let running: Promise<void> | undefined;
  /** Ends the pause after a failure, or between two batches. */
  let endPause: (() => void) | undefined;
  let hasFailed = false;
  /** Whether a line may have been written only in part. */
  let isCut = false;
  let isClosed = false;

  function add(line: string): boolean {
    // Once one line is dropped, so are all others until there is room: this
    // keeps the gap in one place.
    if (isClosed || next.droppedAfter > 0 || !append(line)) {
      next.droppedAfter++;
      dropped++;
      return false;
    }
    next.lines++;
    if (!isRunning) timer ??= setTimeout(start, 0);
    else if (next.length >= ENOUGH_BYTES) hurry();
    return true;
  }

  function append(line: string): boolean {
    const needed = next.length + line.length * MAX_UNIT_BYTES;
    if (needed > next.bytes.length && next.bytes.length < maxBytes) {
      const size = Math.max(2 * next.bytes.length, needed);
      const bytes = new Uint8Array(Math.min(size, maxBytes));
      bytes.set(next.bytes.subarray(0, next.length));
      next.bytes = bytes;
    }
    const room = next.bytes.subarray(next.length);
    const { read, written } = encoder.encodeInto(line, room);
    if (read < line.length) return false;
    next.length += written;
    return true;
  }

  function start(): void {
    clearTimeout(timer);
    timer = undefined;
    if (!isRunning) running = run();
  }

  async function run(): Promise<void> {
    isRunning = true;
    try {
      await writeAll();
    } finally {
      // At once, not in a later turn: a line in between would wait for the next
      // one.
      isRunning = false;
    }
  }

  async function writeAll(): Promise<void> {
    while (next.length > 0 || next.droppedBefore > 0) {
      const batch = next;
      next = emptyBatch(spare ?? new Uint8Array(Math.min(MIN_BYTES, maxBytes)));
      next.droppedBefore = batch.droppedAfter;
      spare = undefined;
      try {
        await takeBatch(batch);
        hasFailed = false;
        for (const each of batch.waiting) each.resolve();
      } catch (cause) {
        hasFailed = true;
        isCut = true;
        dropped += batch.lines;
        next.droppedBefore += batch.droppedBefore + batch.lines;
        rejectAll(batch, cause);
      }
      if (batch.bytes.length <= MIN_BYTES) spare = batch.bytes;
      const isUrgent = next.waiting.length > 0 ||
        next.length >= ENOUGH_BYTES || next.droppedBefore > 0;
      if (!isClosed && (hasFailed || !isUrgent)) {
        await pause(hasFailed ? retryDelay : linger);
      }
      // A gap report alone is not worth a retry.
      if (hasFailed && next.length === 0) return;
    }
  }

  /** Ends a pause that only collects lines. */
  function hurry(): void {
    if (!hasFailed) endPause?.();
  }

  async function takeBatch(batch: Batch): Promise<void> {
    if (isCut) await takeAll(LINE_FEED);
    isCut = false;
    if (batch.droppedBefore > 0 && gapLine !== undefined) {
      await takeAll(encoder.encode(gapLine(batch.droppedBefore)));
    }
    batch.droppedBefore = 0;
    await takeAll(batch.bytes.subarray(0, batch.length));
  }

  async function takeAll(bytes: Uint8Array): Promise<void> {
    for (let rest = bytes; rest.length > 0;) {
      const taken = await take(rest);
      if (taken === 0) throw new LineDroppedError("No byte was written");
      rest = rest.subarray(taken);
    }
  }

  function pause(milliseconds: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const pauseTimer = setTimeout(resolve, milliseconds);
    endPause = resolve;
    return promise.finally(() => {
      clearTimeout(pauseTimer);
      endPause = undefined;
    });
  }

  async function close(): Promise<void> {
    isClosed = true;
    endPause?.();
    start();
    const timeIsUp = Promise.withResolvers<void>();
    const flushTimer = setTimeout(timeIsUp.resolve, flushTime);
    await Promise.race([running, timeIsUp.promise]);
    clearTimeout(flushTimer);
    rejectAll(next, undefined);
  }

  return {
    write: (line) => void add(line),
    confirm(line, signal) {
      if (!add(line)) {
        const why = isClosed ? "is closed" : "has no room";
        return Promise.reject(
          new LineDroppedError(`Line is not written: its writer ${why}`),
        );
      }
      const done = Promise.withResolvers<void>();
      next.waiting.push(done);
      hurry();
      return abortable(done.promise, signal);
    },
    get dropped() {
      return dropped;
    },
    [Symbol.asyncDispose]: close,
  };
}

function emptyBatch(bytes: Uint8Array<ArrayBuffer>): Batch {
  return {
    bytes,
    length: 0,
    lines: 0,
    waiting: [],
    droppedBefore: 0,
    droppedAfter: 0,
  };
}

function rejectAll({ waiting }: Batch, cause: unknown): void {
  for (const { reject } of waiting.splice(0)) {
    reject(new LineDroppedError("Line is not written", { cause }));
  }
}
