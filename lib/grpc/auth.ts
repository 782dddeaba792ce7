/**
 * Checks who calls: a token that AGS IAM has signed.
 *
 * @module
 */

import { Metadata, status } from "@grpc/grpc-js";
import {
  createRemoteJWKSet,
  customFetch,
  errors,
  type JWTPayload,
  jwtVerify,
} from "jose";
import type { Refusal } from "./status.ts";

/** Options of {@linkcode createIamAuthorizer}. */
export interface IamAuthorizerOptions {
  /** Where AGS is, without a trailing slash. */
  readonly baseUrl: string;
  /** The namespace that callers' tokens are for. */
  readonly namespace: string;
  /** Time for one look-up of IAM's keys, in milliseconds. @default {5000} */
  readonly timeout?: number;
  /** Milliseconds since the epoch. @default {Date.now} */
  readonly now?: () => number;
}

/**
 * Decides whether a call may go on.
 *
 * @returns What it is answered otherwise.
 */
export type Authorizer = (
  metadata: Metadata,
) => Refusal | undefined | Promise<Refusal | undefined>;

/** Checked tokens that are remembered; a connector has one at a time. */
const MAX_KNOWN = 100;

/** Largest token looked at, in characters: IAM's have a few thousand. */
const MAX_TOKEN = 16_384;

/**
 * Creates the check (`GRPC_AUTH=iam`): RS256, signed by one of IAM's keys, alive, a
 * client's and not a player's, and for this namespace or the studio's that it belongs
 * to (`mystudio` of `mystudio-mygame`).
 *
 * A token is checked once and then known until it expires. Keys are looked up when a
 * token names one that is not known; when they cannot be, the answer is UNAVAILABLE,
 * for the event is fine.
 */
export function createIamAuthorizer(options: IamAuthorizerOptions): Authorizer {
  const { baseUrl, namespace, timeout = 5_000, now = Date.now } = options;
  const keys = createRemoteJWKSet(new URL(`${baseUrl}/iam/v3/oauth/jwks`), {
    timeoutDuration: timeout,
    [customFetch]: fetchKeys,
  });
  /** When each known token expires. */
  const known = new Map<string, number>();

  async function check(token: string): Promise<Refusal | undefined> {
    let payload: JWTPayload;
    try {
      ({ payload } = await jwtVerify(token, keys, {
        algorithms: ["RS256"],
        requiredClaims: ["exp"],
        currentDate: new Date(now()),
      }));
    } catch (error) {
      return saysOfToken(error) ? UNAUTHENTICATED : UNREACHABLE;
    }
    if (!isClient(payload) || !isFor(payload, namespace)) {
      return UNAUTHENTICATED;
    }
    const [oldest] = known.keys();
    if (known.size >= MAX_KNOWN && oldest !== undefined) known.delete(oldest);
    known.set(token, (payload.exp ?? 0) * 1_000);
    return undefined;
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

/** As jose fetches by itself, but for the body of a refusal, which it leaves open. */
async function fetchKeys(url: string, init: RequestInit): Promise<Response> {
  const response = await fetch(url, init);
  if (!response.ok) await response.body?.cancel();
  return response;
}

function tokenOf(metadata: Metadata): string | undefined {
  const [value, ...others] = metadata.get("authorization");
  if (typeof value !== "string" || others.length > 0) return undefined;
  if (value.length > MAX_TOKEN) return undefined;
  return /^bearer +([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(value)?.[1];
}

/** Whether the token is to blame, and not that IAM's keys could not be had. */
function saysOfToken(error: unknown): boolean {
  return error instanceof errors.JWTInvalid ||
    error instanceof errors.JWTExpired ||
    error instanceof errors.JWTClaimValidationFailed ||
    error instanceof errors.JWSInvalid ||
    error instanceof errors.JWSSignatureVerificationFailed ||
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JOSEAlgNotAllowed ||
    error instanceof errors.JOSENotSupported;
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

const UNREACHABLE: Refusal = refusal(
  status.UNAVAILABLE,
  "Call could not be authenticated: try again later",
);

function refusal(code: status, details: string): Refusal {
  return { code, details, metadata: new Metadata() };
}
