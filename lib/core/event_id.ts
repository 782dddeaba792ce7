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

/** What is known of bytes that are not kept. */
export interface Digest {
  /** How many they were said to be. */
  readonly size: number;
  /** Their hash, of those that were read; hexadecimal. */
  readonly sha256: string;
}

/** What to know of bytes that will not be kept. */
export function digestOf(bytes: Uint8Array): Digest {
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  return { size: bytes.length, sha256 };
}

/** The id of an event that was not read: that of its bytes, had they been kept. */
export function digestId({ sha256 }: Digest): string {
  return `sha256-${sha256}`;
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
