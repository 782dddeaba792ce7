/**
 * JSON, byte for byte as Go's `encoding/json` writes it: map keys sorted, HTML
 * characters escaped, `-0` kept.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { EncodingError } from "./errors.ts";

/** How deep a value may nest: deeper ones are treated as cyclic. */
const MAX_DEPTH = 500;

/** Characters that Go escapes and `JSON.stringify` does not. */
const GO_ONLY = /[<>&\u2028\u2029]/;
const ALL_GO_ONLY = new RegExp(GO_ONLY, "g");

/** The replacement of a lone surrogate: Go escapes invalid UTF-8. */
const NOT_UNICODE =
  /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g;

/**
 * Writes a value as Go writes a `map[string]interface{}` and its contents.
 *
 * `undefined` members are omitted; bytes become base64, like a Go `[]byte`; a
 * `bigint` becomes a number; objects with `toJSON` are replaced by its result.
 *
 * @throws {EncodingError} Something in it cannot be written as JSON: a number
 * that is not finite, a function, a map or set, a cycle.
 */
export function goJson(value: unknown): string {
  return encode(value, 0) ?? fail("undefined");
}

/** Writes a string as Go does, with its quotes. */
export function goString(text: string): string {
  const safe = text.isWellFormed() ? JSON.stringify(text) : lossy(text);
  return GO_ONLY.test(safe) ? safe.replace(ALL_GO_ONLY, escapeCharacter) : safe;
}

function lossy(text: string): string {
  return text.split(NOT_UNICODE).map((part) =>
    JSON.stringify(part).slice(1, -1)
  )
    .join("\\ufffd").replace(/^|$/g, '"');
}

function escapeCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

function encode(value: unknown, depth: number): string | undefined {
  switch (typeof value) {
    case "string":
      return goString(value);
    case "number":
      return number(value);
    case "boolean":
      return value ? "true" : "false";
    case "bigint":
      return value.toString();
    case "undefined":
      return undefined;
    case "object":
      return value === null ? "null" : object(value, depth);
    default:
      return fail(typeof value);
  }
}

/** Go writes numbers like ECMAScript, but keeps the sign of zero. */
function number(value: number): string {
  if (!Number.isFinite(value)) return fail(String(value));
  return Object.is(value, -0) ? "-0" : String(value);
}

function object(value: object, depth: number): string | undefined {
  if (depth >= MAX_DEPTH) {
    throw new EncodingError(
      `Value nests ${depth} levels deep: expected fewer, and no cycle`,
    );
  }
  if (Array.isArray(value)) {
    const items = value.map((each) => encode(each, depth + 1) ?? "null");
    return `[${items.join(",")}]`;
  }
  if (value instanceof Uint8Array) {
    return `"${Buffer.from(value).toString("base64")}"`;
  }
  if ("toJSON" in value && typeof value.toJSON === "function") {
    return encode(value.toJSON(), depth + 1);
  }
  if (value instanceof Map || value instanceof Set) {
    return fail(value.constructor.name);
  }
  const members: string[] = [];
  for (const key of Object.keys(value).sort(byCodePoint)) {
    const text = encode((value as Record<string, unknown>)[key], depth + 1);
    if (text !== undefined) members.push(`${goString(key)}:${text}`);
  }
  return `{${members.join(",")}}`;
}

/** Go sorts keys by their UTF-8 bytes, which equals sorting by code points. */
function byCodePoint(a: string, b: string): number {
  if (a === b) return 0;
  for (let index = 0;; index++) {
    const left = a.charCodeAt(index);
    const right = b.charCodeAt(index);
    if (left === right) continue;
    // One is a prefix of the other.
    if (Number.isNaN(left)) return -1;
    if (Number.isNaN(right)) return 1;
    return rank(left) - rank(right);
  }
}

/** Surrogates represent code points above all others. */
function rank(unit: number): number {
  return unit >= 0xD800 && unit <= 0xDFFF ? unit + 0x10000 : unit;
}

function fail(what: string): never {
  throw new EncodingError(`Value cannot be written as JSON: ${what}`);
}
