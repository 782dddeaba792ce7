/**
 * The rules for players' tokens: of AGS, of any OpenID Connect issuer, and of
 * Amazon Cognito.
 *
 * @module
 */

import type { JWTPayload } from "jose";
import type { TokenRules } from "./authorizer.ts";

/** The URL of AGS IAM's keys. */
export function agsJwksUrl(baseUrl: string): string {
  return `${baseUrl}/iam/v3/oauth/jwks`;
}

/**
 * Players' tokens of AGS IAM: they must be for this namespace, and a player's.
 * A client's token has no `sub`, or the client itself as `sub`.
 *
 * @param namespace The game's namespace.
 */
export function agsRules(namespace: string): TokenRules {
  return {
    algorithms: ["RS256"],
    clientIdClaim: "sub",
    check({ sub, client_id, namespace: claim }) {
      const isPlayer = typeof sub === "string" && sub !== "" &&
        sub !== client_id;
      return isPlayer && claim === namespace ? undefined : 403;
    },
  };
}

/** Options of {@linkcode oidcRules} and {@linkcode cognitoRules}. */
export interface IssuerRulesOptions {
  /** The issuer. */
  readonly issuer: string;
  /** Accepted audiences. @default {not checked} */
  readonly audiences: readonly string[];
  /** The claim that identifies the player. */
  readonly clientIdClaim: string;
}

/** Tokens of an OpenID Connect issuer. */
export function oidcRules(
  { issuer, audiences, clientIdClaim }: IssuerRulesOptions,
): TokenRules {
  return {
    algorithms: ["RS256", "ES256"],
    issuer,
    clientIdClaim,
    check({ aud }) {
      const named = typeof aud === "string" ? [aud] : aud ?? [];
      return isAmong(audiences, named) ? undefined : 401;
    },
  };
}

/**
 * Access tokens of Amazon Cognito. They have no `aud`: the app client is
 * `client_id`. ID tokens have the same signature, and claims that players can
 * set: `token_use` distinguishes them.
 */
export function cognitoRules(
  { issuer, audiences, clientIdClaim }: IssuerRulesOptions,
): TokenRules {
  return {
    algorithms: ["RS256"],
    issuer,
    clientIdClaim,
    check(claims: JWTPayload) {
      const { token_use, client_id } = claims;
      return token_use === "access" && isAmong(audiences, [client_id])
        ? undefined
        : 401;
    },
  };
}

function isAmong(
  wanted: readonly string[],
  named: readonly unknown[],
): boolean {
  return wanted.length === 0 ||
    named.some((each) => typeof each === "string" && wanted.includes(each));
}
