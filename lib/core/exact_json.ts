/**
 * JSON that keeps all digits of its numbers.
 *
 * JavaScript's numbers are exact up to 2^53; JSON's have as many digits as
 * their writer gives them, such as Go's `int64`. The rule is protobuf's own for
 * 64-bit numbers: **a whole number beyond ±(2^53 - 1) is read as a string of
 * its digits**. Use `BigInt(digits)` to calculate with it. When writing, a
 * `bigint` becomes a number.
 *
 * @module
 */

/** Options of {@linkcode parseExactJson}. */
export interface ExactJsonOptions {
  /**
   * A key of the outermost object whose number is always long but need not be
   * exact: it stays a number.
   *
   * @default {none}
   */
  readonly except?: string | undefined;
}

/**
 * Parses JSON by this rule.
 *
 * @param text The text.
 * @param options Exceptions.
 * @returns The value.
 * @throws {SyntaxError} It is not valid JSON. The message quotes the text.
 */
export function parseExactJson(
  text: string,
  options: ExactJsonOptions = {},
): unknown {
  const value: unknown = JSON.parse(text);
  const exact = withLongNumbersQuoted(text, options);
  return exact === undefined ? value : JSON.parse(exact);
}

/**
 * Writes JSON in which a `bigint` is a number. Otherwise it works like
 * `JSON.stringify()`.
 *
 * @param value The value.
 * @returns The text; `undefined` if the value has none.
 */
export function exactJsonOf(value: unknown): string | undefined {
  return JSON.stringify(
    value,
    (_key, each: unknown) =>
      typeof each === "bigint" ? rawJSON(String(each)) : each,
  );
}

/** Newer than its types: writes a value verbatim. */
const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown };

/** The number of digits of 2^53. */
const LONG = 16;

/**
 * Turns whole numbers that JavaScript cannot represent exactly into strings of
 * their digits. The parser's `source` is not used: it takes three times the
 * value's memory and half a second per megabyte.
 *
 * @param text JSON; for invalid JSON the result is undefined.
 * @param options Exceptions.
 * @returns The text; `undefined` if it has no such numbers.
 */
export function withLongNumbersQuoted(
  text: string,
  { except }: ExactJsonOptions = {},
): string | undefined {
  if (!mayHaveLong(text, except)) return undefined;
  const parts: string[] = [];
  let taken = 0;
  let depth = 0;
  let string = { start: 0, end: 0 };
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      string = { start: at + 1, end: endOfString(text, at) };
      at = string.end;
    } else if (code === OPEN_OBJECT || code === OPEN_LIST) depth++;
    else if (code === CLOSE_OBJECT || code === CLOSE_LIST) depth--;
    else if (code === MINUS || isDigit(code)) {
      const start = at;
      at = endOfNumber(text, at);
      const isExcepted = depth === 1 && except !== undefined &&
        text.slice(string.start, string.end) === except;
      if (at - start >= LONG && !isExcepted) {
        const number = text.slice(start, at);
        if (isLong(number)) {
          parts.push(text.slice(taken, start), `"${number}"`);
          taken = at;
        }
      }
      at--;
    }
  }
  return taken === 0 ? undefined : parts.join("") + text.slice(taken);
}

/**
 * Checks every 16th character, one of which every long number has. This skips
 * the many texts that have no long number but the exception.
 */
function mayHaveLong(text: string, except: string | undefined): boolean {
  let isPassedOver = except === undefined;
  for (let at = LONG - 1; at < text.length; at += LONG) {
    if (!isDigit(text.charCodeAt(at))) continue;
    let start = at;
    while (isDigit(text.charCodeAt(start - 1))) start--;
    let end = at + 1;
    while (isDigit(text.charCodeAt(end))) end++;
    if (end - start >= LONG) {
      if (isPassedOver || !isOutermost(text, start, except)) return true;
      isPassedOver = true;
    }
    at = Math.max(at, end - LONG);
  }
  return false;
}

/**
 * Whether a number belongs to the key of the outermost object, as far as can be
 * told cheaply.
 */
function isOutermost(
  text: string,
  start: number,
  key: string | undefined,
): boolean {
  return text.endsWith(`"${key}":`, start) && /^\s*\{/.test(text) &&
    text.lastIndexOf("{", start) === text.indexOf("{");
}

const QUOTE = 0x22;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const MINUS = 0x2d;
const PLUS = 0x2b;
const POINT = 0x2e;

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function isLong(number: string): boolean {
  return /^-?\d+$/.test(number) && !Number.isSafeInteger(Number(number));
}

/** The index of the quote that ends a string. */
function endOfString(text: string, start: number): number {
  for (let end = start;;) {
    end = text.indexOf('"', end + 1);
    if (end < 0) return text.length;
    let slashes = 0;
    while (text[end - 1 - slashes] === "\\") slashes++;
    if (slashes % 2 === 0) return end;
  }
}

/** The index behind a number's last character. */
function endOfNumber(text: string, start: number): number {
  for (let end = start + 1;; end++) {
    const code = text.charCodeAt(end);
    const isInside = isDigit(code) || code === POINT || code === PLUS ||
      code === MINUS || code === 0x65 || code === 0x45; // e, E
    if (!isInside) return end;
  }
}
