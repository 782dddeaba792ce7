/**
 * Ids for events that AGS gives none.
 *
 * @module
 */

import { createHash } from "node:crypto";

/**
 * The id of an event without one (AGS's group events): a hash of what it says, so
 * that a redelivery has the same id whichever source brings it.
 *
 * @param type The event's type.
 * @param data The decoded message; the order of its keys does not matter.
 */
export function contentId(type: string, data: unknown): string {
  return hashId(`${type}\n${JSON.stringify(data, sortKeys)}`);
}

/** The id of an event that does not decode: a hash of its bytes. */
export function bytesId(bytes: Uint8Array): string {
  return hashId(bytes);
}

function hashId(content: string | Uint8Array): string {
  return `sha256-${createHash("sha256").update(content).digest("hex")}`;
}

function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return value;
  }
  return Object.fromEntries(
    Object.entries(value).sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0),
  );
}
