/**
 * Checks which player sends events: a token that an issuer has signed.
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

/** What a token must be like. */
export interface TokenRules {
  /** How it may be signed. */
  readonly algorithms: readonly KeyAlgorithm[];
  /** Its `iss`. @default {any: its keys say enough} */
  readonly issuer?: string | undefined;
  /**
   * Whether it is a token that players have, by its claims.
   *
   * @returns Why it is refused: 401 for a token of another kind or for somebody else,
   * 403 for one that may not send events here; `undefined` for one that is all right.
   */
  check(claims: JWTPayload): 401 | 403 | undefined;
  /** The claim that says who the player is. */
  readonly clientIdClaim: string;
}

/** Options of {@linkcode createTokenAuthorizer}. */
export interface TokenAuthorizerOptions extends TokenRules {
  /** Where the issuer's keys are. */
  readonly jwksUrl: string;
  /** Time for one look-up of them, in milliseconds. @default {5000} */
  readonly timeout?: number;
  /** Milliseconds since the epoch. @default {Date.now} */
  readonly now?: () => number;
  /** Milliseconds, monotonic. @default {performance.now} */
  readonly monotonic?: () => number;
}

/** Checked tokens that are remembered: one a player, some 5 MB of memory. */
const MAX_KNOWN = 20_000;
/** How far the issuer's clock may be off, in seconds. */
const CLOCK_TOLERANCE = 30;
/** Longest id of a player, in characters. */
const MAX_CLIENT_ID = 256;

/**
 * Creates the check of an issuer's tokens. A token is checked once, and then known
 * until it expires.
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
    // Before the issuer is asked for a key: anybody can make up a token.
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
      throw new HttpProblem(403, "Token is not one of a player of this game");
    }
    const player = Object.freeze({ clientId: clientId.toWellFormed() });
    known.set(token, player, expiryOf(claims));
    return player;
  }

  /** Whether it may be valid, if what it says of itself is true. */
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
        // Of the key, not of the token: which one it is, is not the token's to say.
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

/** What a key may be called, in characters. */
const MAX_KEY_ID = 256;

/** @throws {HttpProblem} 401: it is no token. */
function keyIdOf(token: string): string {
  try {
    const { kid, crit } = decodeProtectedHeader(token);
    const isUsable = crit === undefined && typeof kid === "string" &&
      kid !== "" && kid.length <= MAX_KEY_ID;
    if (isUsable) return kid;
  } catch {
    // Said below.
  }
  throw invalid("Token names no key");
}

function unreachable(retryAfter: number): HttpProblem {
  const seconds = Math.max(1, Math.ceil(retryAfter / 1_000));
  return new HttpProblem(503, "Keys of the issuer cannot be had", {
    headers: { "retry-after": String(seconds) },
  });
}
