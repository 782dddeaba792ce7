/**
 * Names of handlers.
 *
 * @module
 */

import type { Handler } from "./on.ts";

/** File names that a bundle no longer has. */
const files = new WeakMap<object, string>();

/**
 * Records which file each handler came from: in the executable they are all in
 * one file. `./task compile` adds a call that runs first.
 *
 * @param exported The exports of each file, by its name without `.ts`.
 */
export function nameHandlers(
  exported: Readonly<Record<string, readonly unknown[]>>,
): void {
  for (const [name, values] of Object.entries(exported)) {
    for (const value of values) {
      if (canHaveFile(value)) files.set(value, name);
    }
  }
}

/** The file of what it exports, without `.ts`; `undefined` if it was not recorded. */
export function fileOf(exported: unknown): string | undefined {
  return canHaveFile(exported) ? files.get(exported) : undefined;
}

/** Whether a value has an identity; of others nobody can tell where they are from. */
function canHaveFile(value: unknown): value is object {
  return typeof value === "function" ||
    typeof value === "object" && value !== null;
}

/**
 * The handler's name: its own, or else its file's, or else the type that it
 * takes.
 */
export function nameOf(handler: Handler): string {
  const { declaredAt, options: { name }, types } = handler;
  const file = files.get(handler) ??
    /([^/\\]+)\.[a-z]+:\d+$/.exec(declaredAt ?? "")?.[1];
  return name ?? file ?? types[0] ?? "";
}
