/**
 * Writes a log, with one write and one sync for all waiting appends.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { InboxError } from "../core/inbox.ts";
import { isDiskFull, type OpenFile } from "./_file_system.ts";
import {
  encodeFrame,
  FRAME_HEADER,
  frameLength,
  MAX_BODY,
  placeFrame,
  type StoredEntry,
} from "./_frame.ts";
import type { LogState } from "./_log_state.ts";
import { Segment } from "./_segment.ts";
import { encodeSegmentHeader, SEGMENT_HEADER } from "./_segment_header.ts";

/** A frame that waits for the next commit. */
interface Pending {
  readonly frame: Uint8Array;
  readonly count: number;
  readonly done: PromiseWithResolvers<void>;
}

/** The segment being written. */
interface Active {
  readonly segment: Segment;
  readonly file: OpenFile;
}

/** The most bytes per commit, unless a frame is longer. */
const MAX_COMMIT = 2 ** 22;

/** Appends to a log. */
export class LogWriter implements AsyncDisposable {
  readonly #log: LogState;
  readonly #onBegun: () => void;
  #active: Active | undefined;
  #pending: Pending[] = [];
  #pendingBytes = 0;
  #committing: Promise<void> | undefined;
  #isClosed = false;

  /**
   * It writes nothing before the first append.
   *
   * @param onBegun Called when a segment was started.
   */
  constructor(log: LogState, onBegun: () => void) {
    this.#log = log;
    this.#onBegun = onBegun;
  }

  /** The size of what waits to be written, in bytes. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  /**
   * Appends entries, all or none. When it resolves, they survive a power cut.
   *
   * @throws {InboxError} They are not in the log, as far as known.
   * @throws {RangeError} They do not fit in one frame.
   */
  append(entries: readonly StoredEntry[]): Promise<void> {
    const length = frameLength(entries);
    const error = this.#isClosed
      ? new InboxError("Inbox is closed", { reason: "closed" })
      : length - FRAME_HEADER > MAX_BODY
      ? new RangeError(
        `Entries are too long for one append: ${length} bytes, expected at ` +
          `most ${MAX_BODY}`,
      )
      : undefined;
    if (error !== undefined) return Promise.reject(error);
    const done = Promise.withResolvers<void>();
    const frame = encodeFrame(entries);
    this.#pending.push({ frame, count: entries.length, done });
    this.#pendingBytes += length;
    this.#committing ??= this.#commitAll();
    return done.promise;
  }

  /** Commits repeatedly: all appends during one commit share the next one. */
  async #commitAll(): Promise<void> {
    // Appends in the same turn share the first one, too.
    await Promise.resolve();
    while (this.#pending.length > 0) {
      const batch = this.#takeBatch();
      try {
        await this.#commit(batch);
        for (const { done } of batch) done.resolve();
        this.#log.committed.ring();
      } catch (error) {
        for (const { done } of batch) done.reject(error);
      }
    }
    this.#committing = undefined;
  }

  #takeBatch(): readonly Pending[] {
    let bytes = 0;
    const rest = this.#pending.findIndex(({ frame }, index) => {
      bytes += frame.length;
      return index > 0 && bytes > MAX_COMMIT;
    });
    return this.#pending.splice(0, rest < 0 ? this.#pending.length : rest);
  }

  async #commit(batch: readonly Pending[]): Promise<void> {
    const { observer } = this.#log.options;
    const start = performance.now();
    const frames = batch.map(({ frame }) => frame);
    const bytes = frames.reduce((sum, { length }) => sum + length, 0);
    try {
      const { segment, file } = await this.#writable();
      const entries = place(batch, segment);
      await file.append(
        frames.length === 1 ? frames[0]! : Buffer.concat(frames),
      );
      await file.sync();
      this.#log.grow(segment, { bytes, entries });
      observer.committed?.(entries, bytes, performance.now() - start);
    } catch (cause) {
      await this.#abandon();
      observer.failed?.(cause);
      throw isDiskFull(cause)
        ? new InboxError("Disk of the inbox is full", { reason: "full", cause })
        : new InboxError("Inbox could not be written", {
          reason: "failed",
          cause,
        });
    } finally {
      this.#pendingBytes -= bytes;
    }
  }

  /**
   * Stops writing to the active segment. After a failed sync, nobody knows
   * which of its pages are on disk, and another sync does not tell (Linux
   * reports each failure once): the entries being written were refused, and
   * later ones go to a new file.
   */
  async #abandon(): Promise<void> {
    if (this.#active === undefined) return;
    const { segment, file } = this.#active;
    try {
      await file.truncate(segment.size);
    } catch {
      // A later start may then find refused entries, and run them.
    }
    this.#seal();
    if (segment.count === 0) await this.#removeEmpty(segment);
  }

  /** Prevents a disk that stays full from filling up with empty segments. */
  async #removeEmpty(segment: Segment): Promise<void> {
    const { files, observer } = this.#log.options;
    try {
      await files.remove(segment.path);
      this.#log.delete(segment);
    } catch (error) {
      observer.failed?.(error);
    }
  }

  #seal(): void {
    if (this.#active === undefined) return;
    this.#active.file[Symbol.dispose]();
    this.#active.segment.isSealed = true;
    this.#active = undefined;
    this.#log.committed.ring();
  }

  async #writable(): Promise<Active> {
    const { segmentBytes } = this.#log.options;
    if (this.#active !== undefined) {
      if (this.#active.segment.size < segmentBytes) return this.#active;
      this.#seal();
    }
    this.#active = await this.#begin();
    this.#log.add(this.#active.segment);
    this.#onBegun();
    return this.#active;
  }

  async #begin(): Promise<Active> {
    const { files, folder } = this.#log.options;
    if (this.#log.segments.length === 0) {
      await files.makeFolder(folder);
      // Otherwise a power cut could bring removed segments back.
      await files.syncFolder(folder);
    }
    const number = ++this.#log.lastNumber;
    const header = {
      logId: this.#log.id,
      base: this.#log.next,
      salt: crypto.getRandomValues(new Uint32Array(1))[0] ?? 0,
    };
    const size = SEGMENT_HEADER;
    const segment = new Segment({ folder, number, header, size, files });
    const file = await files.create(segment.path);
    try {
      await file.append(encodeSegmentHeader(header));
      // Otherwise a power cut could leave frames after an unreadable header.
      await file.sync();
      await files.syncFolder(folder);
      return { segment, file };
    } catch (error) {
      file[Symbol.dispose]();
      await files.remove(segment.path).catch(() => {});
      throw error;
    }
  }

  /** Writes what is waiting, and closes the file. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    await this.#committing;
    this.#seal();
  }
}

/** Sets the position of each frame. @returns The number of entries. */
function place(batch: readonly Pending[], segment: Segment): number {
  let next = segment.count;
  for (const { frame, count } of batch) {
    placeFrame(frame, next, segment.header.salt);
    next += count;
  }
  return next - segment.count;
}
