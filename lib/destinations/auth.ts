/**
 * How to authenticate to a destination.
 *
 * @module
 */

import type { Secret } from "../config/secret.ts";

/** HTTP Basic (RFC 7617). */
export interface BasicAuth {
  /** Discriminates the kinds. */
  readonly kind: "basic";
  /** The user name, without `:`. */
  readonly user: string;
  /** The password. */
  readonly password: Secret;
}

/** A key in a header. */
export interface ApiKeyAuth {
  /** Discriminates the kinds. */
  readonly kind: "apiKey";
  /** The header's name. */
  readonly header: string;
  /** The key. */
  readonly value: Secret;
}

/**
 * OAuth 2.0 client credentials (RFC 6749, section 4.4), with automatic renewal.
 */
export interface OAuthClientAuth {
  /** Discriminates the kinds. */
  readonly kind: "oauthClient";
  /** The token endpoint. */
  readonly tokenUrl: string;
  /** The client's id. */
  readonly clientId: string;
  /** The client's secret. */
  readonly clientSecret: Secret;
  /**
   * Further parameters of the token request, such as `scope` or `audience`.
   * @default {{}}
   */
  readonly parameters?: Readonly<Record<string, string>>;
  /** Where id and secret are sent. @default {"header"} */
  readonly credentialsIn?: "header" | "body";
}

/** How to authenticate to a destination. */
export type Auth = BasicAuth | ApiKeyAuth | OAuthClientAuth;

/** Authentication with user and password. */
export function basic(options: Omit<BasicAuth, "kind">): BasicAuth {
  return { kind: "basic", ...options };
}

/** Authentication with a key in a header. */
export function apiKey(options: Omit<ApiKeyAuth, "kind">): ApiKeyAuth {
  return { kind: "apiKey", ...options };
}

/** Authentication with OAuth 2.0 client credentials. */
export function oauthClient(
  options: Omit<OAuthClientAuth, "kind">,
): OAuthClientAuth {
  return { kind: "oauthClient", ...options };
}
