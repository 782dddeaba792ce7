/**
 * Counts and times the operations of a store.
 *
 * @module
 */

import type { Claim, IdempotencyStore } from "../core/idempotency_store.ts";

/** The operations of a store. */
export type StoreOperation = "claim" | "renew" | "complete" | "release";

/** Observes a store. Each method gets the store's name first. */
export interface StoreObserver {
  /** A claim was answered: `idempotency_claims_total{store,result}`. */
  claimed(store: string, result: Claim["state"]): void;
  /**
   * An operation ended, successfully or not:
   * `idempotency_store_seconds{store,operation}`.
   */
  took(store: string, operation: StoreOperation, seconds: number): void;
  /** An operation failed: `idempotency_store_errors_total{store,operation}`. */
  failed(store: string, operation: StoreOperation): void;
}

/** The same store, observed. */
export function observeStore(
  store: IdempotencyStore,
  observer: StoreObserver,
): IdempotencyStore {
  const { name } = store;

  // Only one promise more than the store's own, because events wait for it.
  function observed<T>(
    operation: StoreOperation,
    asked: Promise<T>,
    onAnswer?: (answer: T) => void,
  ): Promise<T> {
    const start = performance.now();
    const took = () =>
      observer.took(name, operation, (performance.now() - start) / 1_000);
    return asked.then((answer) => {
      took();
      onAnswer?.(answer);
      return answer;
    }, (error) => {
      observer.failed(name, operation);
      took();
      throw error;
    });
  }

  const onClaim = ({ state }: Claim) => observer.claimed(name, state);

  return {
    name,
    claim: (key, options) =>
      observed("claim", store.claim(key, options), onClaim),
    renew: (key, options) => observed("renew", store.renew(key, options)),
    complete: (key, options) =>
      observed("complete", store.complete(key, options)),
    release: (key, options) => observed("release", store.release(key, options)),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}
