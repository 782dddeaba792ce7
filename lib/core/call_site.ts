/**
 * Where in the source a function was called.
 *
 * @module
 */

/** The repository, or where the executable keeps it: places are named from here. */
const ROOT = new URL("../../", import.meta.url).href;

/** A line of a stack: `at name (file:///folder/file.ts:12:34)`, or without the name. */
const FRAME = /^\s*at (?:.* \()?(.+):(\d+):\d+\)?$/;

/**
 * Where the function that calls this was called: `handlers/user_logged_in.ts:12`;
 * `undefined` where the runtime does not say. For errors at start: it is slow.
 */
export function callSite(): string | undefined {
  // The message, this function, its caller, and what called that.
  const line = new Error().stack?.split("\n")[3] ?? "";
  const [, file = "", number] = FRAME.exec(line) ?? [];
  if (number === undefined) return undefined;
  const path = file.startsWith(ROOT) ? file.slice(ROOT.length) : file;
  return `${path}:${number}`;
}
