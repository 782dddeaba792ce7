/**
 * The URL of one request.
 *
 * @module
 */

import type { DestinationRequest } from "./destination.ts";
import { DestinationError } from "./errors.ts";

/**
 * Fills in a URL. Each value stays one path segment: `/`, `..` and `?` in it
 * have no effect.
 *
 * @throws {DestinationError} A part is missing or empty.
 */
export function urlOf(
  template: string,
  { params = {}, query = {}, path }: DestinationRequest,
  name: string,
): URL {
  const base = path === undefined ? template : withPath(template, path);
  const text = base.replace(/\{([^{}]*)\}/g, (_, key: string) => {
    const value = Object.hasOwn(params, key) ? `${params[key] ?? ""}` : "";
    if (value === "" || /^\.{1,2}$/.test(value)) {
      throw new DestinationError(
        `Parameter "${key}" of destination ${name} is missing or not a path segment: ` +
          "expected a text",
        { retryable: false },
      );
    }
    return encodeURIComponent(value.toWellFormed());
  });
  const url = new URL(text);
  for (const [key, value] of Object.entries(query)) {
    if (value !== undefined) url.searchParams.set(key, `${value}`);
  }
  return url;
}

/** The template with a path appended to its own. */
function withPath(template: string, path: string): string {
  return template.replace(/\/+$/, "") +
    (path.startsWith("/") ? path : `/${path}`);
}
