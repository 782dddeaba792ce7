/**
 * Tokens that were checked, until they expire.
 *
 * @module
 */

import { hash } from "node:crypto";

/** What is remembered of tokens. */
export interface VerifiedTokens<T> {
  /** What a token stands for; `undefined` where that is not known, or no longer. */
  get(token: string): T | undefined;
  /** Remembers it until it expires, in milliseconds since the epoch. */
  set(token: string, value: T, expiresAt: number): void;
}

/** Options of {@linkcode createVerifiedTokens}. */
export interface VerifiedTokensOptions {
  /** Tokens that are remembered; those that were not used for longest go. */
  readonly limit: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * Creates an empty memory. It keeps hashes: a token of 16 KB takes no more of it than a
 * short one, and a heap dump has none.
 */
export function createVerifiedTokens<T>(
  { limit, now }: VerifiedTokensOptions,
): VerifiedTokens<T> {
  const known = new Map<string, { value: T; expiresAt: number }>();
  return {
    get(token) {
      const key = hash("sha256", token, "base64");
      const found = known.get(key);
      if (found === undefined) return undefined;
      known.delete(key);
      if (now() >= found.expiresAt) return undefined;
      // The last place: it was just used.
      known.set(key, found);
      return found.value;
    },
    set(token, value, expiresAt) {
      const [oldest] = known.keys();
      if (known.size >= limit && oldest !== undefined) known.delete(oldest);
      known.set(hash("sha256", token, "base64"), { value, expiresAt });
    },
  };
}
