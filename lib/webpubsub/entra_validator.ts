/**
 * Verifies bearer tokens of Microsoft Entra ID.
 *
 * @module
 */

import {
  createRemoteJWKSet,
  customFetch,
  errors,
  type JWTPayload,
  jwtVerify,
  type JWTVerifyGetKey,
} from "jose";
import { boundedBlob } from "./bounded_blob.ts";
import type { RequestContext } from "./request_context.ts";
import type { RequestValidator } from "./validator.ts";

/** Options of {@linkcode EntraValidator}. */
export interface EntraValidatorOptions {
  /** The tenant's id. */
  readonly tenantId: string;
  /** `aud`: the application named in the event handler's settings. */
  readonly audience: string;
  /** `appid` or `azp`: client ids of the identities that Web PubSub may use. */
  readonly clientIds: readonly string[];
  /** Hosts of the Web PubSub services, without port. */
  readonly hosts: readonly string[];
  /**
   * URL of the tenant's keys.
   * @default {the tenant's at login.microsoftonline.com}
   */
  readonly jwksUrl?: string;
  /** The fetch function. @default {fetch} */
  readonly fetch?: typeof fetch;
  /** Time limit for fetching the keys, in milliseconds. @default {5000} */
  readonly timeout?: number;
}

/** The most verified tokens to remember; an identity has one at a time. */
const MAX_KNOWN = 100;

/** Largest token that is examined, in characters. */
const MAX_TOKEN = 16_384;

/** Largest key set that is read, in bytes: Microsoft's has about 10 KB. */
const MAX_KEYS_BYTES = 262_144;

/**
 * How far clocks may differ, in seconds: Microsoft's own libraries allow 5
 * minutes.
 */
const CLOCK_TOLERANCE = 300;

/**
 * Verifies `Authorization: Bearer`: the token that Web PubSub gets for its
 * managed identity. It has to be RS256, signed by the tenant, for this
 * audience, not expired, and of one of the given identities, because by default
 * any application of the tenant can get a token for an audience.
 *
 * A token is verified once and remembered until it expires.
 */
export class EntraValidator implements RequestValidator {
  readonly #options: EntraValidatorOptions;
  readonly #hosts: ReadonlySet<string>;
  readonly #clientIds: ReadonlySet<string>;
  readonly #keys: JWTVerifyGetKey;
  /** The expiry of each remembered token, in milliseconds since the epoch. */
  readonly #known = new Map<string, number>();

  /**
   * Takes the requirements on tokens.
   *
   * @throws {TypeError} An option is empty.
   */
  constructor(options: EntraValidatorOptions) {
    for (
      const name of ["tenantId", "audience", "clientIds", "hosts"] as const
    ) {
      if (options[name].length === 0) {
        throw new TypeError(`Cannot verify bearer tokens: expected "${name}"`);
      }
    }
    this.#options = options;
    this.#hosts = lowerCase(options.hosts);
    this.#clientIds = lowerCase(options.clientIds);
    const tenant = encodeURIComponent(options.tenantId);
    const url = options.jwksUrl ??
      `https://login.microsoftonline.com/${tenant}/discovery/v2.0/keys`;
    this.#keys = createRemoteJWKSet(new URL(url), {
      timeoutDuration: options.timeout ?? 5_000,
      [customFetch]: (url, init) =>
        fetchKeys(url, init, options.fetch ?? fetch),
    });
  }

  /** Whether a host exactly equals one of the given hosts. */
  allowsOrigin(origin: string): boolean {
    return this.#hosts.has(origin.toLowerCase());
  }

  /**
   * Whether the token is valid.
   *
   * @throws The tenant's keys cannot be fetched.
   */
  async validate({ origin, headers }: RequestContext): Promise<boolean> {
    if (!this.allowsOrigin(origin)) return false;
    const token = tokenOf(headers);
    if (token === undefined) return false;
    const expiresAt = this.#known.get(token);
    if (expiresAt !== undefined && Date.now() < expiresAt) return true;
    this.#known.delete(token);
    const payload = await this.#verify(token);
    if (payload === undefined || !this.#isOfIdentity(payload)) return false;
    this.#remember(token, payload);
    return true;
  }

  async #verify(token: string): Promise<JWTPayload | undefined> {
    const { tenantId, audience } = this.#options;
    try {
      const { payload } = await jwtVerify(token, this.#keys, {
        algorithms: ["RS256"],
        // Of versions 1 and 2; an application's manifest selects which one it
        // gets.
        issuer: [
          `https://sts.windows.net/${tenantId}/`,
          `https://login.microsoftonline.com/${tenantId}/v2.0`,
        ],
        audience,
        requiredClaims: ["exp"],
        clockTolerance: CLOCK_TOLERANCE,
      });
      return payload;
    } catch (error) {
      if (saysOfToken(error)) return undefined;
      throw error;
    }
  }

  #isOfIdentity({ appid, azp }: JWTPayload): boolean {
    const id = appid ?? azp;
    return typeof id === "string" && this.#clientIds.has(id.toLowerCase());
  }

  #remember(token: string, { exp = 0 }: JWTPayload): void {
    const [oldest] = this.#known.keys();
    if (this.#known.size >= MAX_KNOWN && oldest !== undefined) {
      this.#known.delete(oldest);
    }
    this.#known.set(token, exp * 1_000);
  }
}

function lowerCase(values: readonly string[]): ReadonlySet<string> {
  return new Set(values.map((value) => value.toLowerCase()));
}

function tokenOf(headers: Headers): string | undefined {
  const value = headers.get("authorization");
  if (value === null || value.length > MAX_TOKEN) return undefined;
  return /^bearer +([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(value)?.[1];
}

/** Whether the token is invalid, as opposed to the keys being unavailable. */
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

/** Like jose's own fetch, but with a size limit for key sets. */
async function fetchKeys(
  url: string,
  init: RequestInit,
  fetch: typeof globalThis.fetch,
): Promise<Response> {
  const { ok, status, body } = await fetch(url, init);
  if (!ok || body === null) {
    await body?.cancel();
    return new Response(null, { status: ok ? 502 : status });
  }
  const keys = await boundedBlob(body, "Key set", MAX_KEYS_BYTES);
  return new Response(keys, { status });
}
