/**
 * Which file each entry of the list of handlers is from.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { nameHandlers } from "../../lib/core/handler_name.ts";

const LIST = fileURLToPath(new URL("../../handlers/mod.ts", import.meta.url));

/**
 * Records the files of what is listed, so that an entry that `on()` did not make can be
 * told by its file: a function has no other trace of it.
 *
 * @param listed What `handlers/mod.ts` lists.
 */
export function nameListed(listed: readonly unknown[]): void {
  const files = listedFiles(Deno.readTextFileSync(LIST));
  if (files.length !== listed.length) return;
  for (const [index, file] of files.entries()) {
    if (file !== undefined) nameHandlers({ [file]: [listed[index]] });
  }
}

/**
 * The files of the list's entries, in order, without `.ts`; `undefined` for an entry
 * that is no imported name.
 *
 * @param text The text of `handlers/mod.ts`.
 */
export function listedFiles(text: string): readonly (string | undefined)[] {
  const code = text.replace(/\/\*[^]*?\*\/|\/\/.*$/gm, "");
  const imports = new Map(
    [...code.matchAll(/^import (\w+) from "\.\/([^"]+)\.ts";$/gm)]
      .map(([, name = "", file = ""]) => [name, file]),
  );
  const [, list = ""] = /\bhandlers\b[^=]*=\s*\[([^\]]*)\]/.exec(code) ?? [];
  return list.split(",").map((entry) => entry.trim()).filter(Boolean)
    .map((entry) => imports.get(entry));
}
