/**
 * Events that have ended while the store did not take the mark.
 *
 * @module
 */

import type { Logger } from "../core/context.ts";
import type { Ending, IdempotencyStore } from "../core/idempotency_store.ts";
import { abortable, sleep } from "../core/async.ts";

/** Events that have ended and are not marked. Disposing forgets them. */
export interface Unmarked extends Disposable {
  /** How an event ended that is one of them. */
  endingOf(key: string): Ending | undefined;
  /** Adds one: it is marked as soon as the store takes it. */
  add(key: string, end: End): void;
  /** Tries now: the store has just answered. Waits for nothing. */
  flush(): void;
  /**
   * Marks them until none is left or the signal ends.
   *
   * @returns How many are left.
   */
  drain(signal: AbortSignal): Promise<number>;
}

/** How a run ended that is not marked. */
export interface End {
  /** Whose claim it was. */
  readonly token: string;
  /** How the event ended. */
  readonly ending: Ending;
}

/** Options of {@linkcode createUnmarked}. */
export interface UnmarkedOptions {
  /** Where they are to be marked. */
  readonly store: IdempotencyStore;
  /** For how long, in milliseconds. */
  readonly ttl: number;
  /** Where the ones are reported that are forgotten. */
  readonly log: Logger;
}

/** Events remembered at most; more are forgotten, the oldest first, and reported. */
const MAX_EVENTS = 10_000;

/** How long to wait until the store is asked again, in milliseconds: doubles. */
const MIN_PAUSE = 100;
const MAX_PAUSE = 1_000;

/** Events marked at once, when the store has taken the first. */
const WIDTH = 32;

/** Creates an empty list. */
export function createUnmarked(options: UnmarkedOptions): Unmarked {
  const { store, ttl, log } = options;
  const ends = new Map<string, End>();
  let pause = MIN_PAUSE;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let pass: Promise<void> | undefined;

  async function mark(key: string, end: End): Promise<void> {
    // False: somebody else has run it since. Too late to mend, and reported by
    // whoever finds its claim lost.
    await store.complete(key, { ...end, ttl });
    if (ends.get(key) === end) ends.delete(key);
  }

  /** Marks all of them, unless the store fails. */
  async function markAll(): Promise<void> {
    clearTimeout(timer);
    try {
      const left = ends.entries();
      const markNext = async () => {
        for (const [key, end] of left) await mark(key, end);
      };
      const { value: first } = left.next();
      // One of them finds out whether the store is back, for all.
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
        // The time is up.
      }
      return ends.size;
    },
    [Symbol.dispose]() {
      ends.clear();
      clearTimeout(timer);
    },
  };
}
