/**
 * How a destination knows who asks.
 *
 * @module
 */

import type { Secret } from "../config/secret.ts";

/** HTTP Basic (RFC 7617). */
export interface BasicAuth {
  /** Tells the kinds apart. */
  readonly kind: "basic";
  /** The user; no `:` in it. */
  readonly user: string;
  /** The password. */
  readonly password: Secret;
}

/** A key in a header. */
export interface ApiKeyAuth {
  /** Tells the kinds apart. */
  readonly kind: "apiKey";
  /** The header's name. */
  readonly header: string;
  /** The key. */
  readonly value: Secret;
}

/** OAuth 2.0, client credentials (RFC 6749, section 4.4): a token, renewed in time. */
export interface OAuthClientAuth {
  /** Tells the kinds apart. */
  readonly kind: "oauthClient";
  /** Where tokens are to be had. */
  readonly tokenUrl: string;
  /** The client's id. */
  readonly clientId: string;
  /** The client's secret. */
  readonly clientSecret: Secret;
  /** What else the token's request says, such as `scope` or `audience`. @default {{}} */
  readonly parameters?: Readonly<Record<string, string>>;
  /** Where id and secret are said. @default {"header"} */
  readonly credentialsIn?: "header" | "body";
}

/** How a destination knows who asks. */
export type Auth = BasicAuth | ApiKeyAuth | OAuthClientAuth;

/** Authentication by user and password. */
export function basic(options: Omit<BasicAuth, "kind">): BasicAuth {
  return { kind: "basic", ...options };
}

/** Authentication by a key in a header. */
export function apiKey(options: Omit<ApiKeyAuth, "kind">): ApiKeyAuth {
  return { kind: "apiKey", ...options };
}

/** Authentication by OAuth 2.0, as a client of its own. */
export function oauthClient(
  options: Omit<OAuthClientAuth, "kind">,
): OAuthClientAuth {
  return { kind: "oauthClient", ...options };
}
