/**
 * Parses JSON of peers, as long as it is no more than a process can hold.
 *
 * @module
 */

import { jsonCost } from "./json_cost.ts";

/**
 * How deep JSON of a peer may nest. AGS's answers nest a handful of levels; whatever
 * walks through a value level by level ends with its stack at some thousands.
 */
export const MAX_JSON_DEPTH = 100;

/** JSON that is more than it may be. */
export class JsonBoundError extends Error {
  /** What logs call it. */
  override name = "JsonBoundError";
}

/** How much JSON may be. */
export interface JsonBounds {
  /** What it may take in memory once it is parsed, in bytes. */
  readonly maxCost: number;
  /** How deep it may nest. @default {MAX_JSON_DEPTH} */
  readonly maxDepth?: number;
}

/**
 * Says what JSON takes in memory once it is parsed, without parsing it.
 *
 * @param json UTF-8.
 * @returns Bytes, rather too many than too few, the text counted.
 * @throws {JsonBoundError} It takes more than it may, or nests deeper.
 */
export function boundedCost(json: Uint8Array, bounds: JsonBounds): number {
  const { maxCost, maxDepth = MAX_JSON_DEPTH } = bounds;
  if (isDeeper(json, maxDepth)) {
    throw new JsonBoundError(
      `JSON nests more than ${maxDepth} levels deep: expected fewer`,
    );
  }
  const cost = jsonCost(json) + json.length;
  if (cost > maxCost) {
    throw new JsonBoundError(
      `JSON of ${json.length} bytes takes ${cost} in memory: expected at most ${maxCost}`,
    );
  }
  return cost;
}

/**
 * Parses JSON.
 *
 * @param json UTF-8.
 * @returns What it says.
 * @throws {JsonBoundError} It takes more than it may, or nests deeper: it is not parsed.
 * @throws {SyntaxError} It is no JSON, or no UTF-8.
 */
export function parseBoundedJson(
  json: Uint8Array,
  bounds: JsonBounds,
): unknown {
  boundedCost(json, bounds);
  return JSON.parse(textOf(json));
}

const decoder = new TextDecoder();

/** The text of UTF-8. */
export function textOf(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

function isDeeper(json: Uint8Array, maxDepth: number): boolean {
  let depth = 0;
  for (let at = 0; at < json.length; at++) {
    switch (json[at]) {
      case QUOTE:
        at = endOfString(json, at + 1);
        break;
      case 0x5b: // [
      case 0x7b: // {
        if (++depth > maxDepth) return true;
        break;
      case 0x5d: // ]
      case 0x7d: // }
        depth--;
        break;
    }
  }
  return false;
}

/** The index of the quote that ends a string; that of the end, where there is none. */
function endOfString(json: Uint8Array, start: number): number {
  for (let at = start;;) {
    const quote = json.indexOf(QUOTE, at);
    if (quote === -1) return json.length;
    let before = quote;
    while (before > start && json[before - 1] === BACKSLASH) before--;
    // An even number of them stand for themselves.
    if ((quote - before) % 2 === 0) return quote;
    at = quote + 1;
  }
}
