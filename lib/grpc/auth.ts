/**
 * Authenticates callers by a token signed by AGS IAM.
 *
 * @module
 */

import { createBoundedMap } from "../core/bounded_map.ts";
import { Metadata, status } from "@grpc/grpc-js";
import {
  decodeJwt,
  decodeProtectedHeader,
  errors,
  type JWTPayload,
  jwtVerify,
} from "jose";
import { createKeySet } from "../jwt/key_set.ts";
import type { Refusal } from "./status.ts";

/** Options of {@linkcode createIamAuthorizer}. */
export interface IamAuthorizerOptions {
  /** Where AGS is, without a trailing slash. */
  readonly baseUrl: string;
  /** The namespace that callers' tokens have to be for. */
  readonly namespace: string;
  /** Time limit for fetching IAM's keys, in milliseconds. @default {5000} */
  readonly timeout?: number;
  /** Milliseconds since the epoch. @default {Date.now} */
  readonly now?: () => number;
  /** Milliseconds, monotonic. @default {performance.now} */
  readonly monotonic?: () => number;
}

/**
 * Decides whether a call may proceed.
 *
 * @returns The refusal, if it may not.
 */
export type Authorizer = (
  metadata: Metadata,
) => Refusal | undefined | Promise<Refusal | undefined>;

/** The most validated tokens to remember; a connector has one at a time. */
const MAX_KNOWN = 100;

/** Largest token that is examined, in characters: IAM's have a few thousand. */
const MAX_TOKEN = 16_384;

/**
 * Creates the check for `GRPC_AUTH=iam`: the token has to be RS256, signed by
 * one of IAM's keys, not expired, a client's and not a player's, and for this
 * namespace or its studio (`mystudio` of `mystudio-mygame`).
 *
 * A token is validated once and remembered until it expires. Keys are fetched
 * when a plausible token names an unknown key. While they cannot be fetched, or
 * during the pause after a fetch, the answer is UNAVAILABLE, because the event
 * is fine: the token may be signed with a new key.
 */
export function createIamAuthorizer(options: IamAuthorizerOptions): Authorizer {
  const { baseUrl, namespace, timeout, now = Date.now } = options;
  const keys = createKeySet({
    url: `${baseUrl}/iam/v3/oauth/jwks`,
    ...(timeout !== undefined && { timeout }),
    ...(options.monotonic !== undefined && { now: options.monotonic }),
  });
  /** The expiry of each remembered token. */
  const known = createBoundedMap<number>(MAX_KNOWN);

  async function check(token: string): Promise<Refusal | undefined> {
    const kid = keyIdOf(token);
    if (kid === undefined || !saysSo(token)) return UNAUTHENTICATED;
    const found = await keys.find(kid);
    if ("retryAfter" in found) return unreachable(found.retryAfter);
    if ("isUnknown" in found) return UNAUTHENTICATED;
    let payload: JWTPayload;
    try {
      ({ payload } = await jwtVerify(token, found.key, {
        algorithms: [ALGORITHM],
        requiredClaims: ["exp"],
        currentDate: new Date(now()),
      }));
    } catch (error) {
      return error instanceof errors.JOSEError
        ? UNAUTHENTICATED
        : unreachable(0);
    }
    known.set(token, (payload.exp ?? 0) * 1_000);
    return undefined;
  }

  /**
   * Whether a token claims the right to call; its signature is not checked
   * here.
   */
  function saysSo(token: string): boolean {
    try {
      const claims = decodeJwt(token);
      return claims.exp !== undefined && now() < claims.exp * 1_000 &&
        isClient(claims) && isFor(claims, namespace);
    } catch {
      return false;
    }
  }

  return (metadata) => {
    const token = tokenOf(metadata);
    if (token === undefined) return UNAUTHENTICATED;
    const expiresAt = known.get(token);
    if (expiresAt !== undefined && now() < expiresAt) return undefined;
    known.delete(token);
    return check(token);
  };
}

/** The only algorithm that IAM signs with. */
const ALGORITHM = "RS256";

/** The longest key id, in characters. */
const MAX_KEY_ID = 256;

/** The key that a token names; `undefined` if it cannot be one of IAM's. */
function keyIdOf(token: string): string | undefined {
  try {
    const { alg, kid, crit } = decodeProtectedHeader(token);
    const isUsable = alg === ALGORITHM && crit === undefined &&
      typeof kid === "string" && kid !== "" && kid.length <= MAX_KEY_ID;
    return isUsable ? kid : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The token of a call, if it has a valid form: signed by a key of at least
 * 2,048 bits.
 */
function tokenOf(metadata: Metadata): string | undefined {
  const [value, ...others] = metadata.get("authorization");
  if (typeof value !== "string" || others.length > 0) return undefined;
  if (value.length > MAX_TOKEN) return undefined;
  return /^bearer +([\w-]+\.[\w-]+\.[\w-]{342,1366})$/i.exec(value)?.[1];
}

/** A player's token has the player as its subject. */
function isClient({ sub, client_id }: JWTPayload): boolean {
  return !sub || sub === client_id;
}

function isFor(payload: JWTPayload, namespace: string): boolean {
  const claim = payload["namespace"];
  return typeof claim === "string" && claim !== "" &&
    (namespace === claim || namespace.startsWith(`${claim}-`));
}

const UNAUTHENTICATED: Refusal = refusal(
  status.UNAUTHENTICATED,
  "Call needs a token of AGS IAM for this namespace",
);

function unreachable(retryAfter: number): Refusal {
  const answer = refusal(
    status.UNAVAILABLE,
    "Call could not be authenticated: try again later",
  );
  // gRPC's pushback metadata (gRFC A6).
  answer.metadata.set("grpc-retry-pushback-ms", String(Math.ceil(retryAfter)));
  return answer;
}

function refusal(code: status, details: string): Refusal {
  return { code, details, metadata: new Metadata() };
}
