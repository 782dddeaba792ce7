/**
 * Where in the source a function was called.
 *
 * @module
 */

/**
 * The root of the repository or of the executable; paths are relative to it.
 */
const ROOT = new URL("../../", import.meta.url).href;

/** A line of a stack: `at name (file:///folder/file.ts:12:34)`, or without the name. */
const FRAME = /^\s*at (?:async )?(?:.* \()?(.+):(\d+):\d+\)?$/;

/**
 * Where the calling function was called: `handlers/user_logged_in.ts:12`;
 * `undefined` if the runtime does not say. It is slow: use it only for errors
 * at start.
 */
export function callSite(): string | undefined {
  // The message, this function, its caller, and the caller's call site.
  return placeOf(new Error().stack?.split("\n")[3] ?? "");
}

/**
 * The innermost place of a stack that is in a folder: `handlers/user_logged_in.ts:12`.
 *
 * @param folder Path of the folder, such as `handlers/`.
 * @param stack The error's stack.
 */
export function placeIn(
  folder: string,
  stack: string | undefined,
): string | undefined {
  return stack?.split("\n").map(placeOf)
    .find((place) => place?.startsWith(folder));
}

function placeOf(line: string): string | undefined {
  const [, file = "", number] = FRAME.exec(line) ?? [];
  if (number === undefined) return undefined;
  const path = file.startsWith(ROOT) ? file.slice(ROOT.length) : file;
  return `${path}:${number}`;
}
