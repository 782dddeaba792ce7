/**
 * Writes which entries are done, and removes segments that are not needed any
 * more.
 *
 * @module
 */

import { pause } from "../core/async.ts";
import type { LogState } from "./_log_state.ts";
import type { Segment } from "./_segment.ts";

/** Pause after a failed write or removal, in milliseconds. */
const RETRY_DELAY = 1_000;

/** Tidies a log, shortly after there is a reason to. */
export class LogTidier implements AsyncDisposable {
  readonly #log: LogState;
  readonly #changed = new Set<Segment>();
  readonly #closed = new AbortController();
  #running: Promise<void> | undefined;
  #isTidy = true;
  #keptFrom = Infinity;

  /** It does nothing before `tidy`. */
  constructor(log: LogState) {
    this.#log = log;
  }

  /** Keeps entries from a position, done or not. @default {none} */
  keepFrom(position: number): void {
    this.#keptFrom = position;
    this.tidy();
  }

  /** @param changed A segment with newly done entries. */
  tidy(changed?: Segment): void {
    if (changed !== undefined) this.#changed.add(changed);
    this.#isTidy = false;
    this.#running ??= this.#run();
  }

  async #run(): Promise<void> {
    // Entries that end in the same turn are written together.
    await Promise.resolve();
    while (!this.#isTidy) {
      this.#isTidy = true;
      try {
        // First, because it makes room for what is written next.
        await this.#removeSpent();
        for (const segment of this.#changed) {
          this.#changed.delete(segment);
          await this.#write(segment);
        }
      } catch (error) {
        this.#log.options.observer.failed?.(error);
        if (this.#closed.signal.aborted) break;
        this.#isTidy = false;
        await pause(RETRY_DELAY, this.#closed.signal);
      }
    }
    this.#running = undefined;
  }

  async #write(segment: Segment): Promise<void> {
    try {
      await segment.done.write();
    } catch (error) {
      this.#changed.add(segment);
      throw error;
    }
  }

  /**
   * Removes the first segments as long as they are not needed. It never removes
   * one in the middle: the number of entries of a segment is known from the
   * start of the next one.
   */
  async #removeSpent(): Promise<void> {
    const { files } = this.#log.options;
    for (;;) {
      const [first] = this.#log.segments;
      if (first === undefined || !first.isSealed) return;
      if (first.waiting > 0 || first.end > this.#keptFrom) return;
      await first.done[Symbol.asyncDispose]();
      await files.remove(first.path);
      this.#log.delete(first);
      this.#changed.delete(first);
      await files.remove(first.donePath);
    }
  }

  /** Writes what has not been written yet, and closes the files. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort();
    await this.#running;
    for (const { done } of this.#log.segments) {
      await done[Symbol.asyncDispose]();
    }
  }
}
