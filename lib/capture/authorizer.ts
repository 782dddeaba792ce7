/**
 * Identifies the player that sends events, by a token signed by an issuer.
 *
 * @module
 */

import {
  decodeJwt,
  decodeProtectedHeader,
  errors,
  type JWTPayload,
  jwtVerify,
} from "jose";
import { HttpProblem } from "../core/http.ts";
import {
  createKeySet,
  type FoundKey,
  type KeyAlgorithm,
} from "../jwt/key_set.ts";
import {
  type Authorizer,
  invalid,
  type Player,
  unauthorized,
} from "./player.ts";
import { createVerifiedTokens } from "./_verified_tokens.ts";

/** The requirements on a token. */
export interface TokenRules {
  /** Accepted signature algorithms. */
  readonly algorithms: readonly KeyAlgorithm[];
  /** Its `iss`. @default {any: the keys identify the issuer} */
  readonly issuer?: string | undefined;
  /**
   * Whether it is a player's token, by its claims.
   *
   * @returns Why it is refused: 401 for another kind of token or another
   * audience, 403 for one that may not send events here; `undefined` if it is
   * valid.
   */
  check(claims: JWTPayload): 401 | 403 | undefined;
  /** The claim that identifies the player. */
  readonly clientIdClaim: string;
}

/** Options of {@linkcode createTokenAuthorizer}. */
export interface TokenAuthorizerOptions extends TokenRules {
  /** The URL of the issuer's keys. */
  readonly jwksUrl: string;
  /** Time limit for fetching them, in milliseconds. @default {5000} */
  readonly timeout?: number;
  /** Milliseconds since the epoch. @default {Date.now} */
  readonly now?: () => number;
  /** Milliseconds, monotonic. @default {performance.now} */
  readonly monotonic?: () => number;
}

/**
 * The most verified tokens to remember: one per player, about 5 MB of memory.
 */
const MAX_KNOWN = 20_000;
/** How far the issuer's clock may be off, in seconds. */
const CLOCK_TOLERANCE = 30;
/** Longest player id, in characters. */
const MAX_CLIENT_ID = 256;

/**
 * Creates the check of an issuer's tokens. A token is verified once and
 * remembered until it expires.
 */
export function createTokenAuthorizer(
  options: TokenAuthorizerOptions,
): Authorizer {
  const { algorithms, issuer, now = Date.now } = options;
  const keys = createKeySet({
    url: options.jwksUrl,
    algorithms,
    ...(options.timeout !== undefined && { timeout: options.timeout }),
    ...(options.monotonic !== undefined && { now: options.monotonic }),
  });
  const known = createVerifiedTokens<Player>({ limit: MAX_KNOWN, now });

  async function verify(token: string): Promise<Player> {
    const kid = keyIdOf(token);
    // Before the issuer is asked for a key, because anybody can make up a
    // token.
    if (!couldBe(token)) throw invalid("Token is not one of the issuer's");
    const found = await keys.find(kid);
    if ("retryAfter" in found) throw unreachable(found.retryAfter);
    if ("isUnknown" in found) throw invalid("Token's key is unknown");
    const claims = await claimsOf(token, found);
    const status = options.check(claims);
    if (status === 401) throw invalid("Token is of another kind");
    const clientId = claims[options.clientIdClaim];
    const isUsable = typeof clientId === "string" && clientId !== "" &&
      clientId.length <= MAX_CLIENT_ID && /^\P{Cc}+$/u.test(clientId);
    if (status === 403 || !isUsable) {
      throw new HttpProblem(
        403,
        "Token does not belong to a player of this game",
      );
    }
    const player = Object.freeze({ clientId: clientId.toWellFormed() });
    known.set(token, player, expiryOf(claims));
    return player;
  }

  /** Whether it may be valid according to its claims. */
  function couldBe(token: string): boolean {
    try {
      const claims = decodeJwt(token);
      return expiryOf(claims) > now() &&
        (issuer === undefined || claims.iss === issuer);
    } catch {
      return false;
    }
  }

  async function claimsOf(token: string, found: FoundKey): Promise<JWTPayload> {
    try {
      const { payload } = await jwtVerify(token, found.key, {
        // The key's algorithm, not the token's: a token must not choose it.
        algorithms: [found.algorithm],
        requiredClaims: ["exp"],
        clockTolerance: CLOCK_TOLERANCE,
        currentDate: new Date(now()),
        ...(issuer !== undefined && { issuer }),
      });
      return payload;
    } catch (cause) {
      if (cause instanceof errors.JOSEError) {
        throw invalid("Token is not valid", cause);
      }
      throw cause;
    }
  }

  return (token) => {
    if (token === undefined) {
      throw unauthorized("Request has no token", "Bearer");
    }
    return known.get(token) ?? verify(token);
  };
}

function expiryOf({ exp }: JWTPayload): number {
  return typeof exp === "number" ? (exp + CLOCK_TOLERANCE) * 1_000 : -Infinity;
}

/** The longest key id, in characters. */
const MAX_KEY_ID = 256;

/** @throws {HttpProblem} 401: it is not a token. */
function keyIdOf(token: string): string {
  try {
    const { kid, crit } = decodeProtectedHeader(token);
    const isUsable = crit === undefined && typeof kid === "string" &&
      kid !== "" && kid.length <= MAX_KEY_ID;
    if (isUsable) return kid;
  } catch {
    // Handled below.
  }
  throw invalid("Token names no key");
}

function unreachable(retryAfter: number): HttpProblem {
  const seconds = Math.max(1, Math.ceil(retryAfter / 1_000));
  return new HttpProblem(503, "Keys of the issuer cannot be fetched", {
    headers: { "retry-after": String(seconds) },
  });
}
