/**
 * What players' tokens are like: those of AGS, of any OpenID Connect issuer, and of
 * Amazon Cognito.
 *
 * @module
 */

import type { JWTPayload } from "jose";
import type { TokenRules } from "./authorizer.ts";

/** Where AGS IAM has its keys. */
export function agsJwksUrl(baseUrl: string): string {
  return `${baseUrl}/iam/v3/oauth/jwks`;
}

/**
 * Players' tokens of AGS IAM: for this namespace, and a player's, not a client's, whose
 * `sub` is missing or the client itself.
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
  /** For whom tokens are: one of these. @default {not looked at} */
  readonly audiences: readonly string[];
  /** The claim that says who the player is. */
  readonly clientIdClaim: string;
}

/** Tokens of an issuer of OpenID Connect. */
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
 * Access tokens of Amazon Cognito. They have no `aud`: the app client is `client_id`.
 * ID tokens are signed alike, and have claims that players can write: `token_use` tells
 * them apart.
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
