/**
 * Allows scripts of other web sites to call (the Fetch standard's CORS
 * protocol).
 *
 * @module
 */

import type { HttpAnswer } from "../core/http.ts";

/** Headers that scripts may send in addition to the safelisted ones. */
const ALLOWED_HEADERS = "authorization, content-type, content-encoding";
/** Response headers that scripts may read. */
const EXPOSED_HEADERS = "retry-after";
/** How long a browser may remember a preflight, in seconds. */
const MAX_AGE = "600";

/** CORS answers. */
export interface Cors {
  /** Headers for every answer of a route that scripts may call. */
  headersFor(origin: string | null): readonly (readonly [string, string])[];
  /** The answer to a browser's preflight. */
  preflight(origin: string | null, methods: Iterable<string>): HttpAnswer;
}

/**
 * Creates the answers.
 *
 * @param origins The allowed origins; `*` for all.
 */
export function createCors(origins: readonly string[]): Cors {
  const isForAll = origins.includes("*");

  function headersFor(
    origin: string | null,
  ): readonly (readonly [string, string])[] {
    if (origins.length === 0) return [];
    if (isForAll) return [["access-control-allow-origin", "*"], EXPOSED];
    const vary = ["vary", "origin"] as const;
    return origin !== null && origins.includes(origin)
      ? [["access-control-allow-origin", origin], EXPOSED, vary]
      : [vary];
  }

  return {
    headersFor,
    preflight: (origin, methods) => ({
      status: 204,
      headers: [
        ...headersFor(origin),
        ["access-control-allow-methods", [...methods].join(", ")],
        ["access-control-allow-headers", ALLOWED_HEADERS],
        ["access-control-max-age", MAX_AGE],
      ],
    }),
  };
}

const EXPOSED = ["access-control-expose-headers", EXPOSED_HEADERS] as const;

/** Whether a request is a browser's preflight, and not one of CloudEvents. */
export function isCorsPreflight(method: string, headers: Headers): boolean {
  return method === "OPTIONS" && headers.has("origin") &&
    headers.has("access-control-request-method");
}
