/**
 * Authentication headers.
 *
 * @module
 */

import type { Auth } from "./auth.ts";
import { basicHeader } from "./_basic.ts";
import { createTokens, type SendTokenRequest } from "./_tokens.ts";

/** Creates authentication headers. */
export interface Authorizer {
  /**
   * The headers for one request.
   *
   * @throws {DestinationError} No token is available.
   */
  headers(signal: AbortSignal): Promise<Readonly<Record<string, string>>>;
  /**
   * Reports that the destination refused these headers.
   *
   * @returns Whether a retry with other headers can help.
   */
  refused(headers: Readonly<Record<string, string>>): boolean;
}

/** Creates an authorizer; fetches no token yet. */
export function createAuthorizer(
  auth: Auth | undefined,
  send: SendTokenRequest,
): Authorizer {
  switch (auth?.kind) {
    case undefined:
      return always({});
    case "basic":
      return always({
        authorization: basicHeader(auth.user, auth.password.reveal()),
      });
    case "apiKey":
      return always({ [auth.header.toLowerCase()]: auth.value.reveal() });
    case "oauthClient": {
      const tokens = createTokens(auth, send);
      const headerOf = (token: string) => `Bearer ${token}`;
      return {
        async headers(signal) {
          return { authorization: headerOf(await tokens.get(signal)) };
        },
        refused: ({ authorization }) =>
          tokens.invalidate((token) => headerOf(token) === authorization),
      };
    }
  }
}

function always(headers: Readonly<Record<string, string>>): Authorizer {
  return { headers: () => Promise.resolve(headers), refused: () => false };
}
