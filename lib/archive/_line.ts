/**
 * One event as a line of JSON.
 *
 * @module
 */

import { isObject } from "../core/is_object.ts";
import { exactJsonOf } from "../core/exact_json.ts";
import type { ArchivedEvent, Transform } from "./transform.ts";

/** An event's line. */
export interface Line {
  /** The event, which determines its folder. */
  readonly event: ArchivedEvent;
  /** JSON without a line feed. */
  readonly text: string;
}

const decoder = new TextDecoder("utf-8", { fatal: true });

/**
 * Reads an event, and builds its line.
 *
 * @param bytes The event as JSON.
 * @returns `undefined` if the transform drops it.
 * @throws It is not a JSON object, or the transform threw.
 */
export function lineOf(
  bytes: Uint8Array,
  transform: Transform | undefined,
): Line | undefined {
  const text = decoder.decode(bytes);
  if (transform === undefined) {
    // The original text, with every digit. Line feeds are insignificant outside
    // of strings, and cannot occur inside.
    const line = text.replace(/[\r\n]+/g, " ");
    return { event: objectOf(JSON.parse(text)), text: line };
  }
  const event = transform(objectOf(parseExact(text)));
  if (event === undefined) return undefined;
  const line = exactJsonOf(objectOf(event));
  if (line === undefined) throw new TypeError("Transformed event is not JSON");
  return { event, text: line };
}

function objectOf(value: unknown): ArchivedEvent {
  if (isObject(value)) return value;
  throw new TypeError("Event is not a JSON object");
}

/** Parses JSON with inexact whole numbers as `bigint`. */
function parseExact(text: string): unknown {
  if (!/\d{16}/.test(text)) return JSON.parse(text);
  const revive = (_key: string, value: unknown, { source = "" } = {}) =>
    typeof value === "number" && !Number.isSafeInteger(value) &&
      /^-?\d+$/.test(source)
      ? BigInt(source)
      : value;
  // `source` is newer than its types.
  return JSON.parse(text, revive as Parameters<typeof JSON.parse>[1]);
}
