/**
 * Fills in the paths of AGS's API reference.
 *
 * @module
 */

import type { AgsRequestOptions } from "../core/context.ts";
import { TerminalError } from "../core/errors.ts";

/**
 * Fills `{name}` parts, each encoded so that a value can never change the
 * path's structure, and appends the query.
 *
 * @throws {TerminalError} A part has no value, an empty one, one that consists
 * of dots (which URL parsing would resolve away), or one that is not valid text
 * (half of a surrogate pair): the event lacks what the call needs.
 * @throws {TypeError} The template does not begin with a slash: the path would
 * then become part of the host name, and the token would go to that host.
 */
export function fillPath(
  template: string,
  params: Readonly<Record<string, string | undefined>>,
  query: AgsRequestOptions["query"],
): string {
  if (!template.startsWith("/")) {
    throw new TypeError(
      `Path "${template}" is invalid: expected it to begin with a slash`,
    );
  }
  const path = template.replace(/\{(\w+)\}/g, (_part, name: string) => {
    const value = params[name];
    const isUsable = value !== undefined && !/^\.{0,2}$/.test(value) &&
      value.isWellFormed();
    if (!isUsable) {
      throw new TerminalError(
        `Path parameter "${name}" of ${template} is ${
          value ? "invalid" : "empty"
        }: expected a value`,
      );
    }
    return encodeURIComponent(value);
  });
  if (query === undefined) return path;
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue;
    for (const item of Array.isArray(value) ? value : [value]) {
      search.append(name, String(item));
    }
  }
  return search.size === 0 ? path : `${path}?${search}`;
}
