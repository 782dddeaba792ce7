/**
 * AGS IAM as far as a service and its players need it: the token endpoint, the key set
 * and the revocation list.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { createHash, timingSafeEqual } from "node:crypto";
import { type Answer, oauthError, ok, type Permission } from "./errors.ts";
import { mediaType } from "./request_body.ts";
import type { Call, Route } from "./router.ts";
import { SCOPE, type Tokens } from "./tokens.ts";

/** What the IAM routes work with. */
export interface IamOptions {
  /** Token maker. */
  readonly tokens: Tokens;
  /** Namespace named in token answers. */
  readonly namespace: string;
  /** Client that may log in. */
  readonly clientId: string;
  /** Its secret. */
  readonly clientSecret: string;
  /** Life of a token in seconds. */
  readonly tokenLifetime: number;
  /** Permissions named in token answers. */
  readonly permissions: readonly Permission[];
}

/**
 * Builds the IAM routes.
 *
 * @param options Credentials and token maker.
 */
export function iamRoutes(options: IamOptions): readonly Route[] {
  const credentials = digest(`${options.clientId}:${options.clientSecret}`);
  return [
    {
      method: "POST",
      template: "/iam/v3/oauth/token",
      errors: "oauth",
      handle: (call) => grantToken(call, { ...options, credentials }),
    },
    {
      method: "GET",
      template: "/iam/v3/oauth/jwks",
      handle: async () => ok(await options.tokens.keySet()),
    },
    {
      method: "GET",
      template: "/iam/v3/oauth/revocationlist",
      // An empty Bloom filter: tokens revoked here are refused here, and a
      // client of the emulator does not check tokens of others.
      handle: () =>
        ok({
          revoked_tokens: { bits: [0], k: 1, m: 64 },
          revoked_users: [],
        }),
    },
  ];
}

async function grantToken(
  call: Call,
  options: IamOptions & { readonly credentials: Uint8Array },
): Promise<Answer> {
  if (mediaType(call.headers) !== "application/x-www-form-urlencoded") {
    return oauthError(400, {
      error: "invalid_request",
      error_description:
        "content type must be application/x-www-form-urlencoded",
    });
  }
  const presented = basicCredentials(call.headers["authorization"]);
  if (
    presented === undefined ||
    !timingSafeEqual(digest(presented), options.credentials)
  ) {
    return oauthError(401, {
      error: "invalid_client",
      error_description: "client authentication failed",
    });
  }
  const form = new URLSearchParams(call.body);
  const grants = form.getAll("grant_type");
  if (grants.length !== 1) {
    return oauthError(400, {
      error: "invalid_request",
      error_description: "grant_type must be given exactly once",
    });
  }
  switch (grants[0]) {
    case "client_credentials":
      return tokenAnswer(await options.tokens.issue(), options);
    case "password":
      return await loginPlayer(form, options);
    default:
      return oauthError(400, {
        error: "unsupported_grant_type",
        error_description: "only client_credentials and password are supported",
      });
  }
}

/** Lets any player in, by any password: each name is one. */
async function loginPlayer(
  form: URLSearchParams,
  options: IamOptions,
): Promise<Answer> {
  const username = form.get("username") ?? "";
  if (username === "" || !form.get("password")) {
    return oauthError(400, {
      error: "invalid_request",
      error_description: "username and password must be given",
    });
  }
  const userId = userIdOf(username);
  const token = await options.tokens.issueToPlayer(userId);
  return tokenAnswer(token, { ...options, permissions: [] }, {
    user_id: userId,
    display_name: username,
  });
}

/** The id of a player: that name, where it is one, or one made of it. */
function userIdOf(username: string): string {
  return /^[0-9a-f]{32}$/.test(username)
    ? username
    : createHash("sha256").update(username).digest("hex").slice(0, 32);
}

function tokenAnswer(
  token: string,
  { tokenLifetime, namespace, permissions }: IamOptions,
  more: Readonly<Record<string, string>> = {},
): Answer {
  return {
    ...ok({
      access_token: token,
      token_type: "Bearer",
      expires_in: tokenLifetime,
      scope: SCOPE,
      namespace,
      permissions,
      ...more,
    }),
    // RFC 6749 section 5.1: tokens are not to be stored by any cache.
    headers: { "cache-control": "no-store", pragma: "no-cache" },
  };
}

function basicCredentials(
  header: string | string[] | undefined,
): string | undefined {
  const text = typeof header === "string" ? header : "";
  const encoded = /^basic +([a-z0-9+/]+=*)$/i.exec(text)?.[1];
  return encoded && Buffer.from(encoded, "base64").toString();
}

/** Equal length whatever goes in, so that the comparison tells nothing. */
function digest(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
}
