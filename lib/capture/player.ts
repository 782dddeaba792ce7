/**
 * The player that sends events, and the token in a request.
 *
 * @module
 */

import { HttpProblem } from "../core/http.ts";

/** The sender of events. */
export interface Player {
  /**
   * The player's id, from a claim that the player cannot set; empty without
   * authentication.
   */
  readonly clientId: string;
}

/**
 * Identifies the owner of a token.
 *
 * @param token The token; `undefined` if the request has none.
 * @throws {HttpProblem} 401, 403, or 503 if verification is not possible now.
 */
export type Authorizer = (
  token: string | undefined,
) => Player | Promise<Player>;

/** Accepts events from anybody. */
export function nobodyAsked(): Player {
  return ANYBODY;
}

const ANYBODY: Player = Object.freeze({ clientId: "" });

/** Largest token that is examined, in characters. */
const MAX_TOKEN = 16_384;

/**
 * The token of a request: from `Authorization`, with `Bearer` or, as the AWS
 * sample's clients send it, without; otherwise from a cookie.
 *
 * @param cookie The cookie's name. @default {none}
 */
export function tokenOf(headers: Headers, cookie?: string): string | undefined {
  const value = headers.get("authorization")?.replace(/^bearer +/i, "") ??
    (cookie && cookieOf(headers, cookie));
  if (value === undefined || value === "") return undefined;
  if (value.length > MAX_TOKEN || !/^[\w-]+\.[\w-]+\.[\w-]+$/.test(value)) {
    throw invalid("Token is malformed");
  }
  return value;
}

function cookieOf(headers: Headers, name: string): string | undefined {
  for (const pair of (headers.get("cookie") ?? "").split(/; */)) {
    if (pair.startsWith(`${name}=`)) return pair.slice(name.length + 1);
  }
  return undefined;
}

/** The error for an invalid token. */
export function invalid(message: string, cause?: unknown): HttpProblem {
  return unauthorized(message, 'Bearer error="invalid_token"', cause);
}

/** The error for a request without a token. */
export function unauthorized(
  message: string,
  challenge: string,
  cause?: unknown,
): HttpProblem {
  return new HttpProblem(401, message, {
    headers: { "www-authenticate": challenge },
    cause,
  });
}
