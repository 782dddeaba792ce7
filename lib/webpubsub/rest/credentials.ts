/**
 * Signs calls, and creates tokens for clients.
 *
 * @module
 */

import { SignJWT } from "jose";
import { parseConnectionString } from "../connection_string.ts";

/** Lifetime of a call's token, in seconds: clocks may differ. */
const CALL_LIFETIME = 600;

/** Credentials for calls. */
export interface Credentials {
  /** The service, without a trailing slash. */
  readonly endpoint: string;
  /** The bearer token for a call. */
  callToken(url: string, signal: AbortSignal): Promise<string>;
  /** Signs a token for a client; absent if only the service can. */
  readonly clientToken?: (
    claims: Readonly<Record<string, unknown>>,
    options: { readonly audience: string; readonly expiresIn: number },
  ) => Promise<string>;
}

/**
 * Signs with the access key of a connection string.
 *
 * @throws {TypeError} It is invalid.
 */
export function accessKeyCredentials(connectionString: string): Credentials {
  const { endpoint, accessKey } = parseConnectionString(connectionString);
  const key = new TextEncoder().encode(accessKey);
  async function sign(
    claims: Readonly<Record<string, unknown>>,
    audience: string,
    seconds: number,
  ): Promise<string> {
    const now = Math.floor(Date.now() / 1_000);
    return await new SignJWT({ ...claims })
      .setProtectedHeader({ alg: "HS256", typ: "JWT" })
      .setAudience(audience)
      .setIssuedAt(now)
      .setExpirationTime(now + seconds)
      .sign(key);
  }
  return {
    endpoint,
    callToken: (url) => sign({}, url, CALL_LIFETIME),
    clientToken: (claims, { audience, expiresIn }) =>
      sign(claims, audience, Math.ceil(expiresIn / 1_000)),
  };
}

/**
 * Uses Microsoft Entra ID tokens.
 *
 * @param getToken Gets one for `https://webpubsub.azure.com/.default`, and
 * caches it until it expires.
 * @throws {TypeError} The endpoint is not an http or https URL.
 */
export function entraCredentials(
  endpoint: string,
  getToken: (signal: AbortSignal) => Promise<string>,
): Credentials {
  const url = URL.parse(endpoint);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new TypeError(
      "Cannot call Web PubSub: expected an http or https URL as its endpoint",
    );
  }
  return {
    endpoint: url.origin,
    callToken: (_, signal) => getToken(signal),
  };
}
