/**
 * What handlers are called.
 *
 * @module
 */

import type { Handler } from "./on.ts";

/** Names of files that a bundle no longer has. */
const files = new WeakMap<Handler, string>();

/**
 * Says in which files handlers were: for the executable, in which all of them are in
 * one. `deno task compile` calls it.
 *
 * @param handlers Handlers by the names of their files, without `.ts`.
 */
export function nameHandlers(
  handlers: Readonly<Record<string, Handler>>,
): void {
  for (const [name, handler] of Object.entries(handlers)) {
    files.set(handler, name);
  }
}

/** The handler's name: its own, or else its file's, or else the type that it takes. */
export function nameOf(handler: Handler): string {
  const { declaredAt, options: { name }, types } = handler;
  const file = files.get(handler) ??
    /([^/\\]+)\.[a-z]+:\d+$/.exec(declaredAt ?? "")?.[1];
  return name ?? file ?? types[0] ?? "";
}
