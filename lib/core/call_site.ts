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
const FRAME = /^\s*at (?:.* \()?(.+):(\d+):\d+\)?$/;

/**
 * Where the calling function was called: `handlers/user_logged_in.ts:12`;
 * `undefined` if the runtime does not say. It is slow: use it only for errors
 * at start.
 */
export function callSite(): string | undefined {
  // The message, this function, its caller, and the caller's call site.
  const line = new Error().stack?.split("\n")[3] ?? "";
  const [, file = "", number] = FRAME.exec(line) ?? [];
  if (number === undefined) return undefined;
  const path = file.startsWith(ROOT) ? file.slice(ROOT.length) : file;
  return `${path}:${number}`;
}
