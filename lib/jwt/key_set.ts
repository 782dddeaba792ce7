/**
 * The keys that an issuer signs tokens with, looked up when a token names one that is
 * not known, and not more often than is good for the issuer.
 *
 * Anybody who reaches the port can name a key. So a look-up is bounded in bytes as
 * they come and inflate, in what they become, in keys and in time; one is under way at
 * a time, and the next one waits for its cool-down.
 *
 * @module
 */

import { type CryptoKey, importJWK, type JWK } from "jose";
import { z } from "zod";
import { parseBoundedJson } from "../core/bounded_json.ts";
import { readBounded } from "../core/read_bounded.ts";

/** Options of {@linkcode createKeySet}. */
export interface KeySetOptions {
  /** Where the keys are: a JSON Web Key Set (RFC 7517). */
  readonly url: string;
  /** The algorithms whose keys are of use. @default {["RS256"]} */
  readonly algorithms?: readonly KeyAlgorithm[];
  /** Time for one look-up, in milliseconds. @default {5000} */
  readonly timeout?: number;
  /** Milliseconds, monotonic. @default {performance.now} */
  readonly now?: () => number;
}

/** How a token may be signed. */
export type KeyAlgorithm = "RS256" | "ES256";

/** A key, or why there is none. */
export type KeyResult =
  | FoundKey
  /** The issuer does not have it: it was asked after the token came. */
  | { readonly isUnknown: true }
  /** Nobody can say now; milliseconds until it is worth asking again. */
  | { readonly retryAfter: number };

/** A key, and the one algorithm that it is for. */
export interface FoundKey {
  /** The key. */
  readonly key: CryptoKey;
  /** The algorithm: what a token says of itself does not choose it. */
  readonly algorithm: KeyAlgorithm;
}

/** An issuer's keys. */
export interface KeySet {
  /**
   * Finds a key.
   *
   * @param kid What a token calls it.
   * @returns The key, or why there is none. Never rejects.
   */
  find(kid: string): Promise<KeyResult>;
}

/** What may come of a look-up, in bytes: issuers have a few keys of 500 bytes. */
const MAX_BYTES = 256 * 1024;

/** What it may take in memory, in bytes. */
const MAX_COST = 2 * 1024 * 1024;

/** Keys that are kept. */
const MAX_KEYS = 100;

/** After a look-up, how long the issuer is left alone, in milliseconds. */
const COOL_DOWN = 30_000;

/** The same after one that failed. */
const FAILED_COOL_DOWN = 5_000;

/** Age at which keys are looked up again, in milliseconds: the issuer may have withdrawn one. */
const STALE = 10 * 60_000;

/** Age up to which keys serve while they cannot be looked up, in milliseconds. */
const EXPIRED = 60 * 60_000;

const Keys = z.object({
  keys: z.array(z.unknown()).max(MAX_KEYS),
});

const COMMON = {
  kid: z.string().min(1).max(256),
  use: z.literal("sig").optional(),
};

/** A public key for RS256 or ES256. What else stands in it is left out. */
const Key = z.discriminatedUnion("kty", [
  z.object({
    ...COMMON,
    kty: z.literal("RSA"),
    alg: z.literal("RS256").optional(),
    n: z.string().max(4_096),
    e: z.string().max(16),
  }),
  z.object({
    ...COMMON,
    kty: z.literal("EC"),
    alg: z.literal("ES256").optional(),
    crv: z.literal("P-256"),
    x: z.string().max(64),
    y: z.string().max(64),
  }),
]);

/** Keys that were looked up. */
interface Known {
  readonly keys: ReadonlyMap<string, FoundKey>;
  readonly at: number;
}

/** Creates the set. Nothing is looked up before the first key is asked for. */
export function createKeySet(options: KeySetOptions): KeySet {
  const { url, timeout = 5_000, algorithms = ["RS256"] } = options;
  const now = options.now ?? (() => performance.now());
  let known: Known | undefined;
  let lookup: Promise<void> | undefined;
  let restsUntil = -Infinity;

  function found(kid: string, maxAge: number): FoundKey | undefined {
    if (known === undefined || now() - known.at >= maxAge) return undefined;
    return known.keys.get(kid);
  }

  async function lookUp(): Promise<void> {
    const at = now();
    try {
      known = { keys: await fetchKeys(url, { timeout, algorithms }), at };
      restsUntil = now() + COOL_DOWN;
    } catch {
      // Keys that are known serve on. Whatever went wrong, it is asked again.
      restsUntil = now() + FAILED_COOL_DOWN;
    }
  }

  return {
    async find(kid) {
      const fresh = found(kid, STALE);
      if (fresh !== undefined) return fresh;
      const isOwn = lookup === undefined && now() >= restsUntil;
      const before = known;
      if (isOwn) {
        lookup = lookUp().finally(() => lookup = undefined);
      }
      await lookup;
      const key = found(kid, EXPIRED);
      if (key !== undefined) return key;
      // Only a look-up that began after the token came says that there is no such key.
      return isOwn && known !== before
        ? { isUnknown: true }
        : { retryAfter: Math.max(0, restsUntil - now()) };
    },
  };
}

async function fetchKeys(
  url: string,
  { timeout, algorithms }: {
    readonly timeout: number;
    readonly algorithms: readonly KeyAlgorithm[];
  },
): Promise<ReadonlyMap<string, FoundKey>> {
  const response = await fetch(url, {
    headers: { accept: "application/json" },
    redirect: "manual",
    signal: AbortSignal.timeout(timeout),
  });
  if (!response.ok || response.body === null) {
    await response.body?.cancel();
    throw new Error(`Key set was answered with ${response.status}`);
  }
  const bytes = await readBounded(response.body, MAX_BYTES);
  if (bytes === undefined) {
    throw new Error(`Key set has more than ${MAX_BYTES} bytes`);
  }
  const { keys } = Keys.parse(parseBoundedJson(bytes, { maxCost: MAX_COST }));
  const imported = new Map<string, FoundKey>();
  for (const each of keys) {
    const parsed = Key.safeParse(each);
    if (!parsed.success) continue;
    const { kid, use: _use, alg: _alg, ...jwk } = parsed.data;
    const algorithm = jwk.kty === "RSA" ? "RS256" : "ES256";
    if (!algorithms.includes(algorithm)) continue;
    const key = await importKey(jwk, algorithm);
    if (key !== undefined) imported.set(kid, { key, algorithm });
  }
  return imported;
}

/** A key to check signatures with; `undefined` for what is none, or too short a one. */
async function importKey(
  jwk: JWK,
  algorithm: KeyAlgorithm,
): Promise<CryptoKey | undefined> {
  try {
    const key = await importJWK(jwk, algorithm);
    if (key instanceof Uint8Array) return undefined;
    if (algorithm === "ES256") return key;
    const { modulusLength } = key.algorithm as RsaHashedKeyAlgorithm;
    return modulusLength >= MIN_MODULUS ? key : undefined;
  } catch {
    return undefined;
  }
}

/** Bits of a key at least (RFC 7518, section 3.3). */
const MIN_MODULUS = 2_048;
