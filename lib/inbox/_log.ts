/**
 * A log: entries in segment files, one after the other.
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

/** A log that is open. */
export class Log implements AsyncDisposable {
  readonly #state: LogState;
  readonly #writer: LogWriter;
  readonly #tidier: LogTidier;

  private constructor(state: LogState) {
    this.#state = state;
    this.#tidier = new LogTidier(state);
    this.#writer = new LogWriter(state, () => this.#tidier.tidy());
  }

  /** Opens what a folder holds. Writes nothing yet. */
  static async open(options: OpenLogOptions): Promise<Log> {
    const segments = await openSegments(options.folder, options);
    return new Log(new LogState(options, segments));
  }

  /** Names the log: see {@linkcode LogState.id}. */
  get id(): string {
    return this.#state.id;
  }

  /** The position after the last entry that can be read. */
  get end(): number {
    return this.#state.segments.at(-1)?.end ?? this.#state.next;
  }

  /** The position of the first entry that is still there. */
  get start(): number {
    return this.#state.segments[0]?.header.base ?? this.#state.next;
  }

  /** What its files take, and what waits to be written, in bytes. */
  get bytes(): number {
    return this.#state.bytes + this.#writer.pendingBytes;
  }

  /** What waits to be written, in bytes. */
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

  /** Reads the log from a position on. */
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

  /** Says that an entry is done. It is written soon after. */
  done({ segment, position }: ReadEntry): void {
    segment.done.add(position - segment.header.base);
    this.#tidier.tidy(segment);
  }

  /** Keeps entries from a position on, done or not. @default {none} */
  keepFrom(position: number): void {
    this.#tidier.keepFrom(position);
  }

  /** Removes what nobody wants, soon. */
  tidy(): void {
    this.#tidier.tidy();
  }

  /**
   * Gives no entry a position before this one: somebody knows entries by them that the
   * log has lost.
   */
  skipTo(position: number): void {
    this.#state.next = Math.max(this.#state.next, position);
  }

  /** Ends what is under way, and closes the files. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writer[Symbol.asyncDispose]();
    await this.#tidier[Symbol.asyncDispose]();
  }
}
