/**
 * Events that were handled while the store did not take the mark.
 *
 * @module
 */

import type { Logger } from "../core/context.ts";
import type { IdempotencyStore } from "../core/idempotency_store.ts";

/** Events that are done and not marked, in this process. */
export interface Unmarked {
  /** Whether an event is one of them. */
  has(key: string): boolean;
  /** Adds one. */
  add(key: string, token: string): void;
  /** Marks them, one after the other, until the store fails again. Waits for nothing. */
  flush(): void;
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

/** Creates an empty list. */
export function createUnmarked(options: UnmarkedOptions): Unmarked {
  const { store, ttl, log } = options;
  const tokens = new Map<string, string>();
  let isFlushing = false;

  async function markAll(): Promise<void> {
    isFlushing = true;
    try {
      for (const [key, token] of tokens) {
        // False: somebody else has run it since. Too late to mend, and reported by
        // whoever finds its claim lost.
        await store.complete(key, { token, ending: "done", ttl });
        tokens.delete(key);
      }
    } catch {
      // Not back yet: the next event that the store answers tries again.
    } finally {
      isFlushing = false;
    }
  }

  return {
    has: (key) => tokens.has(key),
    add(key, token) {
      if (tokens.size >= MAX_EVENTS) {
        const [oldest] = tokens.keys();
        if (oldest !== undefined) tokens.delete(oldest);
        log.error(
          "Handled event is no longer remembered: it may be handled again",
          { store: store.name, limit: MAX_EVENTS },
        );
      }
      tokens.set(key, token);
    },
    flush() {
      if (tokens.size > 0 && !isFlushing) void markAll();
    },
  };
}
