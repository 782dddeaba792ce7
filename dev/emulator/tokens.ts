/**
 * Access tokens as AGS IAM makes them: RS256 JSON Web Tokens that anyone can
 * check against the published key.
 *
 * @module
 */

import {
  calculateJwkThumbprint,
  exportJWK,
  generateKeyPair,
  type GenerateKeyPairResult,
  type JWK,
  type JWTPayload,
  jwtVerify,
  SignJWT,
} from "jose";
import type { Permission } from "./errors.ts";

/** Most verified tokens remembered; the oldest is verified again after that. */
export const MAX_VERIFIED_TOKENS = 1000;

/** Scopes of a client token, as AGS IAM lists them. */
export const SCOPE = "account commerce social publishing analytics";

/** What the tokens of one emulator are made of. */
export interface TokensOptions {
  /** Life of a token in seconds. */
  readonly lifetime: number;
  /** Time in milliseconds since the epoch. */
  readonly now: () => number;
  /** Address of the emulator, which goes into `iss`; known once it listens. */
  readonly issuer: () => string;
  /** Namespace the tokens are for. */
  readonly namespace: string;
  /** Client the tokens are for. */
  readonly clientId: string;
  /** Permissions the tokens carry. */
  readonly permissions: readonly Permission[];
}

/** Makes tokens and checks them. */
export interface Tokens {
  /** Makes a client's token that starts its life now. */
  issue(): Promise<string>;
  /** Makes a player's token: for what players call, not for AGS's admin APIs. */
  issueToPlayer(userId: string): Promise<string>;
  /** Whether a client's token was issued here, lives still and is not revoked. */
  verify(token: string): Promise<boolean>;
  /** Ends the life of every token issued so far. */
  revokeAll(): void;
  /** The public key as JSON Web Key Set. */
  keySet(): Promise<{ readonly keys: readonly JWK[] }>;
}

interface Keys {
  readonly privateKey: GenerateKeyPairResult["privateKey"];
  readonly publicKey: GenerateKeyPairResult["publicKey"];
  readonly jwk: JWK;
  readonly kid: string;
}

// A 2048-bit pair takes up to a second to find, so it is made once in a
// process, on first use. Tokens of another emulator still do not pass: their
// issuer differs.
let sharedKeys: Promise<Keys> | undefined;

function keys(): Promise<Keys> {
  return sharedKeys ??= createKeys();
}

async function createKeys(): Promise<Keys> {
  const { privateKey, publicKey } = await generateKeyPair("RS256", {
    modulusLength: 2048,
  });
  const jwk = await exportJWK(publicKey);
  const kid = await calculateJwkThumbprint(jwk);
  return {
    privateKey,
    publicKey,
    jwk: { ...jwk, kid, alg: "RS256", use: "sig" },
    kid,
  };
}

/**
 * Creates the token maker of one emulator.
 *
 * @param options Lifetime, clock, and what the claims say.
 */
export function createTokens(options: TokensOptions): Tokens {
  const verified = new Map<string, number>();
  let issued = 0;
  let revoked = 0;

  function issue(): Promise<string> {
    return sign(options.clientId, {
      grant_type: "client_credentials",
      scope: SCOPE,
      permissions: options.permissions.map(({ resource, action }) => ({
        Resource: resource,
        Action: action,
      })),
    });
  }

  function issueToPlayer(userId: string): Promise<string> {
    return sign(userId, {
      grant_type: "password",
      scope: SCOPE,
      display_name: "",
      roles: [],
      permissions: [],
    });
  }

  async function sign(subject: string, claims: JWTPayload): Promise<string> {
    const { privateKey, kid } = await keys();
    const now = options.now() / 1000;
    issued++;
    return await new SignJWT({
      client_id: options.clientId,
      namespace: options.namespace,
      ...claims,
    })
      .setProtectedHeader({ alg: "RS256", kid, typ: "JWT" })
      .setIssuer(options.issuer())
      .setSubject(subject)
      .setJti(String(issued))
      .setIssuedAt(Math.floor(now))
      // Rounded up, so that a token never dies before its expires_in.
      .setExpirationTime(Math.ceil(now) + options.lifetime)
      .sign(privateKey);
  }

  async function verify(token: string): Promise<boolean> {
    const expires = verified.get(token);
    if (expires !== undefined) return options.now() < expires;
    const { publicKey } = await keys();
    try {
      const { payload } = await jwtVerify(token, publicKey, {
        algorithms: ["RS256"],
        issuer: options.issuer(),
        currentDate: new Date(options.now()),
        requiredClaims: ["exp", "jti"],
      });
      if (payload.namespace !== options.namespace) return false;
      if (payload.sub !== options.clientId) return false;
      if (!(Number(payload.jti) > revoked)) return false;
      remember(token, Number(payload.exp) * 1000);
      return true;
    } catch {
      // Whatever is wrong with it, AGS tells the caller no more than 401.
      return false;
    }
  }

  function remember(token: string, expires: number): void {
    if (verified.size >= MAX_VERIFIED_TOKENS) {
      const oldest = verified.keys().next();
      if (!oldest.done) verified.delete(oldest.value);
    }
    verified.set(token, expires);
  }

  return {
    issue,
    issueToPlayer,
    verify,
    revokeAll() {
      revoked = issued;
      verified.clear();
    },
    async keySet() {
      return { keys: [(await keys()).jwk] };
    },
  };
}
