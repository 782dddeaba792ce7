/**
 * For how long the store has been away.
 *
 * @module
 */

import type { IdempotencyStore } from "../core/idempotency_store.ts";

/** Options of {@linkcode createStoreHealth}. */
export interface StoreHealthOptions {
  /** Milliseconds, monotonic. @default {performance.now} */
  readonly clock?: () => number;
}

/** What is known of a store from what it was asked, and from its connection. */
export interface StoreHealth {
  /**
   * For how long it has not worked, in milliseconds; 0: it works, or nobody has asked
   * it for a while.
   */
  readonly awayFor: number;
  /** The connection is gone, until it is `up`. */
  down(): void;
  /** The connection is there. */
  up(): void;
  /** The same store, watched. */
  watch(store: IdempotencyStore): IdempotencyStore;
}

/**
 * How long a failure is held against a store that nobody asks any more, in
 * milliseconds: without events there is nothing to see that it is back.
 */
const MEMORY = 60_000;

/** Creates it for a store of which nothing is known. */
export function createStoreHealth(
  options: StoreHealthOptions = {},
): StoreHealth {
  const clock = options.clock ?? (() => performance.now());
  let isDown = false;
  let awaySince: number | undefined;
  let failedAt = 0;

  async function watched<T>(asked: Promise<T>): Promise<T> {
    try {
      const answer = await asked;
      awaySince = undefined;
      return answer;
    } catch (error) {
      failedAt = clock();
      awaySince ??= failedAt;
      throw error;
    }
  }

  return {
    get awayFor() {
      if (awaySince === undefined) return 0;
      const now = clock();
      return isDown || now - failedAt < MEMORY ? now - awaySince : 0;
    },
    down() {
      isDown = true;
      awaySince ??= clock();
    },
    up() {
      isDown = false;
      awaySince = undefined;
    },
    watch: (store) => ({
      name: store.name,
      claim: (key, how) => watched(store.claim(key, how)),
      renew: (key, how) => watched(store.renew(key, how)),
      complete: (key, how) => watched(store.complete(key, how)),
      release: (key, how) => watched(store.release(key, how)),
      [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
    }),
  };
}
