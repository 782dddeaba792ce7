/**
 * Archives the inbox's entries, range by range.
 *
 * @module
 */

import { follow, growingDelay, sleep } from "../core/async.ts";
import type { InboxRange, InboxRanges } from "../core/inbox.ts";
import type { Archive, Archived } from "./archive.ts";

/** Observes ranges, for logs and metrics. Must not throw. */
export interface ArchiverObserver {
  /** A range is archived. @param milliseconds The duration. */
  archived?(archived: Archived, milliseconds: number): void;
  /**
   * A range could not be archived or committed. @param delay Until the next
   * attempt, in milliseconds.
   */
  failed?(error: unknown, delay: number): void;
}

/** Options of {@linkcode startArchiver}. */
export interface ArchiverOptions {
  /** The ranges to archive. */
  readonly ranges: Pick<InboxRanges, "next" | "rest">;
  /** The archive. */
  readonly archive: Archive;
  /** The size of a range, in bytes before compression. @default {5 MiB} */
  readonly maxBytes?: number;
  /**
   * The age of an entry after which a smaller range is enough, in milliseconds.
   * @default {300000}
   */
  readonly maxAge?: number;
  /** The observer. @default {none} */
  readonly observer?: ArchiverObserver;
}

/** A running archiver. Disposing it ends it at once. */
export interface Archiver extends AsyncDisposable {
  /**
   * Archives what is available now, whatever its age, and ends.
   *
   * @param signal Ends the wait: the rest is archived after the next start.
   */
  drain(signal: AbortSignal): Promise<void>;
}

/** Delays between attempts, in milliseconds. */
const DELAYS = { base: 1_000, max: 60_000 };

/**
 * Starts archiving. A failed range is retried until it is archived; meanwhile
 * the inbox keeps it and everything after it.
 */
export function startArchiver(options: ArchiverOptions): Archiver {
  const { ranges, archive, observer } = options;
  const { maxBytes = 5 * 2 ** 20, maxAge = 300_000 } = options;
  const ended = new AbortController();
  /** Ends the wait for a range to be old enough. */
  const hurried = new AbortController();

  async function run(): Promise<void> {
    for (;;) {
      const range = await next();
      if (range === undefined) return;
      await keep(range);
    }
  }

  /** The next range; `undefined` if nothing is left and waiting has ended. */
  async function next(): Promise<InboxRange | undefined> {
    const signal = AbortSignal.any([ended.signal, hurried.signal]);
    for (let attempt = 1;; attempt++) {
      try {
        return hurried.signal.aborted
          ? await ranges.rest({ maxBytes, signal: ended.signal })
          : await ranges.next({ maxBytes, maxAge, signal });
      } catch (error) {
        ended.signal.throwIfAborted();
        // The wait was ended: now take the rest.
        if (error === hurried.signal.reason) continue;
        const delay = growingDelay(attempt, DELAYS);
        observer?.failed?.(error, delay);
        await sleep(delay, ended.signal);
      }
    }
  }

  async function keep(range: InboxRange): Promise<void> {
    const { signal } = ended;
    for (let attempt = 1;; attempt++) {
      const start = performance.now();
      try {
        const archived = await archive.write(range, signal);
        await range.commit();
        observer?.archived?.(archived, performance.now() - start);
        return;
      } catch (error) {
        signal.throwIfAborted();
        const delay = growingDelay(attempt, DELAYS);
        observer?.failed?.(error, delay);
        await sleep(delay, signal);
      }
    }
  }

  const running = run().catch((error) => {
    if (!ended.signal.aborted) throw error;
  });
  // `drain` sees the error.
  running.catch(() => {});

  return {
    async drain(signal) {
      using _following = follow(ended, signal);
      hurried.abort();
      await running;
    },
    async [Symbol.asyncDispose]() {
      ended.abort();
      await running;
    },
  };
}
