/**
 * Ranges of a log for a reader that must not read anything twice: the end of
 * each range is written before it is handed out.
 *
 * @module
 */

import type {
  InboxEntry,
  InboxRange,
  InboxRanges,
  NextRangeOptions,
} from "../core/inbox.ts";
import { MAX_TIMEOUT } from "../core/async.ts";
import { Cursor, type CursorState } from "./_cursor.ts";
import type { FileSystem } from "./_file_system.ts";
import type { Log } from "./_log.ts";
import type { LogReader } from "./_log_reader.ts";

/** Options of {@linkcode Ranges.open}. */
export interface RangesOptions {
  /** The log. */
  readonly log: Log;
  /** The file with the read position. */
  readonly path: string;
  /** The file system. */
  readonly files: FileSystem;
  /** How long committed entries are kept, in milliseconds. @default {0} */
  readonly keepTime?: number | undefined;
  /** The size of the log up to which they are, in bytes. @default {Infinity} */
  readonly keepBytes?: number | undefined;
}

/** How to wait for a range; without an age, not at all. */
type FindOptions = Omit<NextRangeOptions, "maxAge"> & {
  readonly maxAge: number | undefined;
};

/** Reads a log in ranges. */
export class Ranges implements InboxRanges, Disposable {
  readonly #log: Log;
  readonly #cursor: Cursor;
  #state: CursorState;
  #isHandedOut = false;

  readonly #keepTime: number;
  readonly #keepBytes: number;
  /** Ends of ranges that were committed lately, oldest first. */
  readonly #kept: { readonly end: number; readonly at: number }[] = [];

  private constructor(
    options: RangesOptions,
    cursor: Cursor,
    state: CursorState,
  ) {
    const { log, keepTime = 0, keepBytes = Infinity } = options;
    this.#log = log;
    this.#cursor = cursor;
    this.#state = state;
    this.#keepTime = keepTime;
    this.#keepBytes = keepBytes;
    // When an earlier process committed what is still there, nobody knows.
    if (keepTime > 0) log.keepFrom(log.start);
    this.#keep(state.committed);
  }

  /** Lets go of committed entries that were kept for long enough, or take too much. */
  #keep(end: number): void {
    const now = Date.now();
    this.#kept.push({ end, at: now });
    const isLarge = this.#log.bytes > this.#keepBytes;
    const isSpent = ({ at }: { readonly at: number }) =>
      isLarge || now - at >= this.#keepTime;
    let spent: number | undefined;
    while (this.#kept[0] !== undefined && isSpent(this.#kept[0])) {
      spent = this.#kept.shift()?.end;
    }
    if (spent !== undefined) this.#log.keepFrom(spent);
  }

  /**
   * Continues at the position in the file.
   *
   * @throws {CursorError} The file is damaged.
   */
  static async open(options: RangesOptions): Promise<Ranges> {
    const { log, path, files } = options;
    const cursor = await Cursor.open(path, files);
    const { state } = cursor;
    // The whole log was read and deleted, or somebody deleted it.
    const isKnown = state.logId === log.id;
    if (isKnown) log.skipTo(state.planned);
    // Nobody has read it for a while, and the next entries are gone.
    if (isKnown && state.planned >= log.start) {
      return new Ranges(options, cursor, state);
    }
    const { id: logId, start } = log;
    const fresh = { logId, committed: start, planned: start };
    return new Ranges(options, cursor, fresh);
  }

  async next(options: NextRangeOptions): Promise<InboxRange> {
    const range = await this.#take(options);
    if (range !== undefined) return range;
    throw new TypeError("Wait for a range ended without one");
  }

  rest(
    options: Omit<NextRangeOptions, "maxAge">,
  ): Promise<InboxRange | undefined> {
    return this.#take({ ...options, maxAge: undefined });
  }

  recent(): AsyncIterable<InboxEntry> {
    const log = this.#log;
    const from = log.start;
    const { committed } = this.#state;
    return readRange(log.read({ from, skipDone: false }), committed);
  }

  async #take(options: FindOptions): Promise<InboxRange | undefined> {
    if (this.#isHandedOut) {
      throw new TypeError("Range is not committed: expected one at a time");
    }
    const { logId, committed } = this.#state;
    if (this.#state.planned === committed) {
      const planned = await this.#findEnd(options);
      if (planned === committed) return undefined;
      await this.#write({ logId, committed, planned });
    }
    this.#isHandedOut = true;
    return this.#range(this.#state);
  }

  /**
   * Waits until there are enough entries for a range.
   *
   * @returns Its end; or its start, if there are no entries and it should not
   * wait.
   */
  async #findEnd(options: FindOptions): Promise<number> {
    const { maxBytes, maxAge, signal } = options;
    const log = this.#log;
    const from = this.#state.committed;
    using reader = log.read({ from, skipDone: false });
    let bytes = 0;
    let dueAt = Infinity;
    for (;;) {
      signal.throwIfAborted();
      const committed = log.committed.heard();
      await reader.fill();
      for (let entry = reader.take(); entry; entry = reader.take()) {
        bytes += entry.bytes.length;
        // The clock may have been set back meanwhile.
        const acceptedAt = Math.min(entry.acceptedAt, Date.now());
        dueAt = Math.min(dueAt, acceptedAt + (maxAge ?? 0));
        if (bytes >= maxBytes) return entry.position + 1;
      }
      if (reader.position < log.end) continue;
      if (Date.now() >= dueAt) return reader.position;
      if (maxAge === undefined) return from;
      await heardOrDue(committed, dueAt, signal);
    }
  }

  #range({ logId, committed, planned }: CursorState): InboxRange {
    const log = this.#log;
    const [first, last] = [committed, planned - 1].map((position) =>
      `${position}`.padStart(12, "0")
    );
    return {
      id: `${logId}-${first}-${last}`,
      entries: () =>
        readRange(log.read({ from: committed, skipDone: false }), planned),
      commit: async () => {
        await this.#write({ logId, committed: planned, planned });
        this.#isHandedOut = false;
        this.#keep(planned);
      },
    };
  }

  async #write(state: CursorState): Promise<void> {
    await this.#cursor.write(state);
    this.#state = state;
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    this.#cursor[Symbol.dispose]();
  }
}

async function* readRange(
  reader: LogReader,
  end: number,
): AsyncGenerator<InboxEntry> {
  using _reader = reader;
  for (;;) {
    await reader.fill();
    const entry = reader.take();
    if (entry === undefined || entry.position >= end) return;
    yield entry;
  }
}

async function heardOrDue(
  heard: Promise<void>,
  dueAt: number,
  signal: AbortSignal,
): Promise<void> {
  const ended = Promise.withResolvers<void>();
  const onAbort = () => ended.reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  const timer = dueAt === Infinity ? undefined : setTimeout(
    ended.resolve,
    Math.min(Math.max(0, dueAt - Date.now()), MAX_TIMEOUT),
  );
  try {
    await Promise.race([heard, ended.promise]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
  }
}
