/**
 * Finished events that could not be marked in the store.
 *
 * @module
 */

import type { Logger } from "../core/context.ts";
import type { Ending, IdempotencyStore } from "../core/idempotency_store.ts";
import { abortable, sleep } from "../core/async.ts";

/** Finished events without a mark. Disposing forgets them. */
export interface Unmarked extends Disposable {
  /** How an event in the list ended. */
  endingOf(key: string): Ending | undefined;
  /** Adds an event; it is marked as soon as the store accepts the mark. */
  add(key: string, end: End): void;
  /** Tries now, because the store has just answered. Does not wait. */
  flush(): void;
  /**
   * Marks events until none is left or the signal aborts.
   *
   * @returns How many are left.
   */
  drain(signal: AbortSignal): Promise<number>;
}

/** The end of a run without a mark. */
export interface End {
  /** The token of its claim. */
  readonly token: string;
  /** How the event ended. */
  readonly ending: Ending;
}

/** Options of {@linkcode createUnmarked}. */
export interface UnmarkedOptions {
  /** The store that should hold the marks. */
  readonly store: IdempotencyStore;
  /** How long to remember them, in milliseconds. */
  readonly ttl: number;
  /** Logs events that are forgotten. */
  readonly log: Logger;
}

/**
 * The most events to remember; beyond that the oldest are forgotten and logged.
 */
const MAX_EVENTS = 10_000;

/** Delay before the store is tried again, in milliseconds; it doubles. */
const MIN_PAUSE = 100;
const MAX_PAUSE = 1_000;

/** How many events are marked concurrently, after the first has succeeded. */
const WIDTH = 32;

/** Creates an empty list. */
export function createUnmarked(options: UnmarkedOptions): Unmarked {
  const { store, ttl, log } = options;
  const ends = new Map<string, End>();
  let pause = MIN_PAUSE;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let pass: Promise<void> | undefined;

  async function mark(key: string, end: End): Promise<void> {
    // False: another run has taken the event since. It is too late to change
    // that, and whoever lost the claim reports it.
    await store.complete(key, { ...end, ttl });
    if (ends.get(key) === end) ends.delete(key);
  }

  /** Marks all events, unless the store fails. */
  async function markAll(): Promise<void> {
    clearTimeout(timer);
    try {
      const left = ends.entries();
      const markNext = async () => {
        for (const [key, end] of left) await mark(key, end);
      };
      const { value: first } = left.next();
      // One event finds out whether the store is back.
      if (first !== undefined) await mark(...first);
      await Promise.all(Array.from({ length: WIDTH }, markNext));
      pause = MIN_PAUSE;
    } catch {
      // Not back yet.
    }
    pass = undefined;
    if (ends.size === 0) return;
    timer = setTimeout(start, pause);
    pause = Math.min(MAX_PAUSE, 2 * pause);
  }

  function start(): Promise<void> {
    return pass ??= markAll();
  }

  return {
    endingOf: (key) => ends.get(key)?.ending,
    add(key, end) {
      if (ends.size >= MAX_EVENTS) {
        const [oldest] = ends.keys();
        if (oldest !== undefined) ends.delete(oldest);
        log.error(
          "Handled event is no longer remembered: it may be handled again",
          { store: store.name, limit: MAX_EVENTS },
        );
      }
      ends.set(key, end);
      if (ends.size === 1 && pass === undefined) {
        timer = setTimeout(start, pause = MIN_PAUSE);
      }
    },
    flush() {
      if (ends.size > 0) void start();
    },
    async drain(signal) {
      try {
        while (ends.size > 0) {
          await abortable(start(), signal);
          if (ends.size > 0) await sleep(MIN_PAUSE, signal);
        }
      } catch {
        // Out of time.
      }
      return ends.size;
    },
    [Symbol.dispose]() {
      ends.clear();
      clearTimeout(timer);
    },
  };
}
