/**
 * Tokens of clients and of whoever calls the REST API.
 *
 * @module
 */

import { type JWTPayload, jwtVerify, SignJWT } from "jose";

/** How far clocks may be apart, in seconds. */
const CLOCK_TOLERANCE = 300;

/** Longest token looked at, in characters. */
const MAX_TOKEN = 16_384;

/** Checks and makes tokens with the emulator's keys. */
export class Tokens {
  readonly #keys: readonly Uint8Array[];

  /** Takes the keys: the primary, and the secondary if there is one. */
  constructor(keys: readonly string[]) {
    this.#keys = keys.map((key) => new TextEncoder().encode(key));
  }

  /**
   * Reads a token.
   *
   * @param url What it must be for; its host must be one that the emulator answers for.
   * @returns Its claims; `undefined` if it is not right.
   */
  async check(
    token: string,
    url: URL,
    hosts: ReadonlySet<string>,
  ): Promise<JWTPayload | undefined> {
    if (token.length > MAX_TOKEN) return undefined;
    for (const key of this.#keys) {
      try {
        const { payload } = await jwtVerify(token, key, {
          algorithms: ["HS256"],
          requiredClaims: ["exp", "aud"],
          clockTolerance: CLOCK_TOLERANCE,
        });
        return isFor(payload, url, hosts) ? payload : undefined;
      } catch { /* Another key may be right. */ }
    }
    return undefined;
  }

  /** Makes a client's token. */
  async make(
    claims: Readonly<Record<string, unknown>>,
    { audience, minutes }: {
      readonly audience: string;
      readonly minutes: number;
    },
  ): Promise<string> {
    const [primary = new Uint8Array()] = this.#keys;
    return await new SignJWT({ ...claims })
      .setProtectedHeader({ alg: "HS256", typ: "JWT" })
      .setAudience(audience)
      .setIssuedAt()
      .setExpirationTime(`${minutes} minutes`)
      .sign(primary);
  }
}

/** The same path in any case, and the same query or none; http and ws are the same. */
function isFor(
  { aud }: JWTPayload,
  wanted: URL,
  hosts: ReadonlySet<string>,
): boolean {
  return [aud ?? []].flat().some((audience) => {
    const url = URL.parse(audience);
    return url !== null && hosts.has(url.host.toLowerCase()) &&
      url.pathname.toLowerCase() === wanted.pathname.toLowerCase() &&
      (url.search === "" || url.search === wanted.search);
  });
}
