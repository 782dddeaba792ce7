/**
 * Tracks how long the store has been unavailable.
 *
 * @module
 */

import type { IdempotencyStore } from "../core/idempotency_store.ts";

/** Options of {@linkcode createStoreHealth}. */
export interface StoreHealthOptions {
  /** Milliseconds, monotonic. @default {performance.now} */
  readonly clock?: () => number;
}

/** The health of a store, from its operations and its connection. */
export interface StoreHealth {
  /**
   * How long it has been unavailable, in milliseconds; 0 if it works, or has
   * not been used for a while.
   */
  readonly awayFor: number;
  /** The connection is lost, until `up` is called. */
  down(): void;
  /** The connection works. */
  up(): void;
  /** The same store, watched. */
  watch(store: IdempotencyStore): IdempotencyStore;
}

/**
 * How long a failure counts against an unused store, in milliseconds: without
 * events, nothing shows that it is back.
 */
const MEMORY = 60_000;

/** Creates the tracker for a store in unknown state. */
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
