/**
 * Finds event types that already have a handler.
 *
 * @module
 */

import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** A file in `handlers/` is not a handler that the tool can read. */
export class HandlerFileError extends Error {
  override name = "HandlerFileError";
}

/**
 * Loads every handler of a project.
 *
 * @param root The project's folder.
 * @param types All event types: a channel's handler takes all of the channel's.
 * @returns File, relative to the project, by event type.
 * @throws {HandlerFileError} A handler cannot be loaded.
 */
export async function handledTypes(
  root: string,
  types: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const handled = new Map<string, string>();
  for await (const { name } of Deno.readDir(join(root, "handlers"))) {
    const isHandler = name.endsWith(".ts") && !name.startsWith("_") &&
      name !== "mod.ts" && name !== "settings.ts";
    if (!isHandler) continue;
    const file = `handlers/${name}`;
    for (const pattern of await patternsOf(root, file)) {
      for (const type of matching(pattern, types)) handled.set(type, file);
    }
  }
  return handled;
}

/** The event types that a type or `channel.*` matches. */
export function matching(
  pattern: string,
  types: readonly string[],
): readonly string[] {
  if (!pattern.endsWith(".*")) {
    return types.filter((type) => type === pattern);
  }
  return types.filter((type) => type.startsWith(pattern.slice(0, -1)));
}

async function patternsOf(
  root: string,
  file: string,
): Promise<readonly string[]> {
  let handler: unknown;
  try {
    const module = await import(pathToFileURL(join(root, file)).href);
    handler = module.default;
  } catch (cause) {
    throw new HandlerFileError(
      `${file} cannot be loaded: ${
        cause instanceof Error ? cause.message : cause
      }`,
      { cause },
    );
  }
  const types = typeof handler === "object" && handler !== null &&
      "types" in handler
    ? handler.types
    : undefined;
  if (Array.isArray(types)) return types.map(String);
  throw new HandlerFileError(
    `${file} exports no handler: expected export default on(…)`,
  );
}
