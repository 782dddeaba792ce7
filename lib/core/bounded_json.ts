/**
 * Parses a peer's JSON if it fits in a memory and depth bound.
 *
 * @module
 */

import { jsonCost } from "./json_cost.ts";

/**
 * How deep a peer's JSON may nest. AGS's answers nest a handful of levels;
 * recursive code overflows its stack at some thousands.
 */
export const MAX_JSON_DEPTH = 100;

/** JSON that exceeds its bounds. */
export class JsonBoundError extends Error {
  /** What logs call it. */
  override name = "JsonBoundError";
}

/** Bounds of JSON. */
export interface JsonBounds {
  /** The memory it may take once parsed, in bytes. */
  readonly maxCost: number;
  /** How deep it may nest. @default {MAX_JSON_DEPTH} */
  readonly maxDepth?: number;
}

/**
 * Estimates the memory that JSON takes once parsed, without parsing it.
 *
 * @param json UTF-8.
 * @returns Bytes, an upper estimate that includes the text.
 * @throws {JsonBoundError} It exceeds the memory bound, or nests deeper.
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
 * @returns The value.
 * @throws {JsonBoundError} It exceeds the memory bound or nests deeper, and is
 * not parsed.
 * @throws {SyntaxError} It is not valid JSON or not UTF-8.
 */
export function parseBoundedJson(
  json: Uint8Array,
  bounds: JsonBounds,
): unknown {
  boundedCost(json, bounds);
  return JSON.parse(textOf(json));
}

const decoder = new TextDecoder();

/** Decodes UTF-8. */
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

/** The index of the quote that ends a string, or of the end of the text. */
function endOfString(json: Uint8Array, start: number): number {
  for (let at = start;;) {
    const quote = json.indexOf(QUOTE, at);
    if (quote === -1) return json.length;
    let before = quote;
    while (before > start && json[before - 1] === BACKSLASH) before--;
    // An even number of backslashes escape each other.
    if ((quote - before) % 2 === 0) return quote;
    at = quote + 1;
  }
}
