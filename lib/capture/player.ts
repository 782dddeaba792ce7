/**
 * Which player sends events, and by which token a request says so.
 *
 * @module
 */

import { HttpProblem } from "../core/http.ts";

/** Who sends events. */
export interface Player {
  /**
   * Who it is, by a claim that the player cannot write; empty where nobody is asked to
   * say so.
   */
  readonly clientId: string;
}

/**
 * Says whose token it is.
 *
 * @param token The token; `undefined` where the request has none.
 * @throws {HttpProblem} 401, 403, or 503 while nobody can say.
 */
export type Authorizer = (
  token: string | undefined,
) => Player | Promise<Player>;

/** Takes events from anybody. */
export function nobodyAsked(): Player {
  return ANYBODY;
}

const ANYBODY: Player = Object.freeze({ clientId: "" });

/** Largest token looked at, in characters. */
const MAX_TOKEN = 16_384;

/**
 * The token of a request: of `Authorization`, with `Bearer` or, as the AWS sample's
 * clients send it, without; else of a cookie.
 *
 * @param cookie The cookie's name. @default {no cookie is looked at}
 */
export function tokenOf(headers: Headers, cookie?: string): string | undefined {
  const value = headers.get("authorization")?.replace(/^bearer +/i, "") ??
    (cookie && cookieOf(headers, cookie));
  if (value === undefined || value === "") return undefined;
  if (value.length > MAX_TOKEN || !/^[\w-]+\.[\w-]+\.[\w-]+$/.test(value)) {
    throw invalid("Token has not the form of one");
  }
  return value;
}

function cookieOf(headers: Headers, name: string): string | undefined {
  for (const pair of (headers.get("cookie") ?? "").split(/; */)) {
    if (pair.startsWith(`${name}=`)) return pair.slice(name.length + 1);
  }
  return undefined;
}

/** What is no valid token. */
export function invalid(message: string, cause?: unknown): HttpProblem {
  return unauthorized(message, 'Bearer error="invalid_token"', cause);
}

/** A request that does not say who sends it. */
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
