/**
 * A log: entries in a sequence of segment files.
 *
 * @module
 */

import type { Bell } from "./_bell.ts";
import type { StoredEntry } from "./_frame.ts";
import { LogReader, type ReadEntry } from "./_log_reader.ts";
import { LogState, type OpenLogOptions } from "./_log_state.ts";
import { LogTidier } from "./_log_tidier.ts";
import { LogWriter } from "./_log_writer.ts";
import { openSegments } from "./_open_segments.ts";
import type { Segment } from "./_segment.ts";

/** An open log. */
export class Log implements AsyncDisposable {
  readonly #state: LogState;
  readonly #writer: LogWriter;
  readonly #tidier: LogTidier;

  private constructor(state: LogState) {
    this.#state = state;
    this.#tidier = new LogTidier(state);
    this.#writer = new LogWriter(state, () => this.#tidier.tidy());
  }

  /** Opens the contents of a folder. Writes nothing yet. */
  static async open(options: OpenLogOptions): Promise<Log> {
    const segments = await openSegments(options.folder, options);
    return new Log(new LogState(options, segments));
  }

  /** Identifies the log: see {@linkcode LogState.id}. */
  get id(): string {
    return this.#state.id;
  }

  /** The position after the last readable entry. */
  get end(): number {
    return this.#state.segments.at(-1)?.end ?? this.#state.next;
  }

  /** The position of the first remaining entry. */
  get start(): number {
    return this.#state.segments[0]?.header.base ?? this.#state.next;
  }

  /** The size of its files and of what waits to be written, in bytes. */
  get bytes(): number {
    return this.#state.bytes + this.#writer.pendingBytes;
  }

  /** The size of what waits to be written, in bytes. */
  get pendingBytes(): number {
    return this.#writer.pendingBytes;
  }

  /** How many entries are not done. */
  get waiting(): number {
    return this.#state.segments.reduce((sum, { waiting }) => sum + waiting, 0);
  }

  /** Rings when there is more to read. */
  get committed(): Bell {
    return this.#state.committed;
  }

  /** Appends entries: see {@linkcode LogWriter.append}. */
  append(entries: readonly StoredEntry[]): Promise<void> {
    return this.#writer.append(entries);
  }

  /** Reads the log from a position. */
  read(options: { from: number; skipDone: boolean }): LogReader {
    const { segments, options: { files } } = this.#state;
    return new LogReader({
      ...options,
      segmentAt: (position) => segments.find(({ end }) => end > position),
      onLost: (segment, first, end) => this.#lose(segment, first, end),
      files,
    });
  }

  #lose(segment: Segment, first: number, end: number): void {
    let count = 0;
    for (let index = first; index < end; index++) {
      if (segment.done.add(index)) count++;
    }
    const { observer } = this.#state.options;
    if (count > 0) observer.lost?.(segment.path, count);
    this.#tidier.tidy(segment);
  }

  /** Marks an entry as done. It is written soon after. */
  done({ segment, position }: ReadEntry): void {
    segment.done.add(position - segment.header.base);
    this.#tidier.tidy(segment);
  }

  /** Keeps entries from a position, done or not. @default {none} */
  keepFrom(position: number): void {
    this.#tidier.keepFrom(position);
  }

  /** Soon removes segments that are not needed any more. */
  tidy(): void {
    this.#tidier.tidy();
  }

  /**
   * Assigns no position before this one, because a reader knows entries at
   * those positions that the log has lost.
   */
  skipTo(position: number): void {
    this.#state.next = Math.max(this.#state.next, position);
  }

  /** Ends running work, and closes the files. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writer[Symbol.asyncDispose]();
    await this.#tidier[Symbol.asyncDispose]();
  }
}
