/**
 * What handlers are called.
 *
 * @module
 */

import type { Handler } from "./on.ts";

/** Names of files that a bundle no longer has. */
const files = new WeakMap<object, string>();

/**
 * Says in which files handlers were: in the executable all of them are in one.
 * `deno task compile` has it called before anything else.
 *
 * @param exported What files export, by their names without `.ts`.
 */
export function nameHandlers(
  exported: Readonly<Record<string, readonly unknown[]>>,
): void {
  for (const [name, values] of Object.entries(exported)) {
    for (const value of values) {
      if (typeof value === "object" && value !== null) files.set(value, name);
    }
  }
}

/** The handler's name: its own, or else its file's, or else the type that it takes. */
export function nameOf(handler: Handler): string {
  const { declaredAt, options: { name }, types } = handler;
  const file = files.get(handler) ??
    /([^/\\]+)\.[a-z]+:\d+$/.exec(declaredAt ?? "")?.[1];
  return name ?? file ?? types[0] ?? "";
}
