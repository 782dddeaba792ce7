/**
 * Parses JSON from outside.
 *
 * @module
 */

/** How deep arrays and objects may be nested. */
const MAX_DEPTH = 128;

const decoder = new TextDecoder("utf-8", { fatal: true });

/**
 * Parses JSON.
 *
 * @param source Text, or its bytes in UTF-8, with or without a byte order mark.
 * @throws {SyntaxError} It is not UTF-8, not JSON, or nested deeper than 128
 * levels, which could overflow the stack of code that walks or writes it. The
 * message does not quote the text.
 */
export function parseJson(source: string | Uint8Array): unknown {
  try {
    const text = typeof source === "string" ? source : decoder.decode(source);
    if (isTooDeep(text)) throw new RangeError("Too deep");
    return JSON.parse(text);
  } catch {
    throw new SyntaxError("Text is not JSON, or nested too deep");
  }
}

/** Whether a value is a JSON object. */
export function isObject(
  value: unknown,
): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const QUOTE = 0x22, BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b, CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b, CLOSE_BRACE = 0x7d;

function isTooDeep(text: string): boolean {
  // Most texts are too short to be deep.
  if (text.length <= MAX_DEPTH) return false;
  let depth = 0;
  let isQuoted = false;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (isQuoted) {
      if (code === BACKSLASH) index++;
      else if (code === QUOTE) isQuoted = false;
    } else if (code === QUOTE) isQuoted = true;
    else if (code === OPEN_BRACKET || code === OPEN_BRACE) {
      if (++depth > MAX_DEPTH) return true;
    } else if (code === CLOSE_BRACKET || code === CLOSE_BRACE) depth--;
  }
  return false;
}
