/**
 * One event as a line of JSON.
 *
 * @module
 */

import { exactJsonOf } from "../core/exact_json.ts";
import type { ArchivedEvent, Transform } from "./transform.ts";

/** An event's line. */
export interface Line {
  /** The event, to find its folder by. */
  readonly event: ArchivedEvent;
  /** JSON without a line feed. */
  readonly text: string;
}

const decoder = new TextDecoder("utf-8", { fatal: true });

/**
 * Reads an event, and writes its line.
 *
 * @param bytes The event as JSON.
 * @returns `undefined` if the transform leaves it out.
 * @throws It is not a JSON object, or the transform threw.
 */
export function lineOf(
  bytes: Uint8Array,
  transform: Transform | undefined,
): Line | undefined {
  const text = decoder.decode(bytes);
  if (transform === undefined) {
    // As it came, with every digit. Outside of strings a line feed means nothing, and
    // within them there is none.
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
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as ArchivedEvent;
  }
  throw new TypeError("Event is not a JSON object");
}

/** Reads JSON with whole numbers that are not exact as `bigint`. */
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
