/**
 * Caches verified tokens until they expire.
 *
 * @module
 */

import { createBoundedMap } from "../core/bounded_map.ts";
import { hash } from "node:crypto";

/** A cache of verified tokens. */
export interface VerifiedTokens<T> {
  /** The value of a token; `undefined` if it is unknown or expired. */
  get(token: string): T | undefined;
  /** Caches it until it expires, in milliseconds since the epoch. */
  set(token: string, value: T, expiresAt: number): void;
}

/** Options of {@linkcode createVerifiedTokens}. */
export interface VerifiedTokensOptions {
  /** The most tokens to keep; the least recently used are dropped. */
  readonly limit: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * Creates an empty cache. It keeps hashes: a token of 16 KB takes no more
 * memory than a short one, and a heap dump contains none.
 */
export function createVerifiedTokens<T>(
  { limit, now }: VerifiedTokensOptions,
): VerifiedTokens<T> {
  const known = createBoundedMap<{ value: T; expiresAt: number }>(limit);
  return {
    get(token) {
      const key = hash("sha256", token, "base64");
      const found = known.get(key);
      if (found === undefined) return undefined;
      known.delete(key);
      if (now() >= found.expiresAt) return undefined;
      // Moves it to the end, as the most recently used.
      known.set(key, found);
      return found.value;
    },
    set(token, value, expiresAt) {
      known.set(hash("sha256", token, "base64"), { value, expiresAt });
    },
  };
}
