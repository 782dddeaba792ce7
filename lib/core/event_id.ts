/**
 * Ids for events without an AGS id.
 *
 * @module
 */

import { isObject } from "./is_object.ts";
import { createHash } from "node:crypto";

/**
 * The id of an event without one (AGS's group events): a hash of its content,
 * so that a redelivery has the same id from every source.
 *
 * @param type The event's type.
 * @param data The decoded message; the order of its keys is irrelevant.
 */
export function contentId(type: string, data: unknown): string {
  return hashId(`${type}\n${JSON.stringify(data, sortKeys)}`);
}

/** The id of an event that does not decode: a hash of its bytes. */
export function bytesId(bytes: Uint8Array): string {
  return hashId(bytes);
}

/** Size and hash of bytes that are not kept. */
export interface Digest {
  /** The declared size. */
  readonly size: number;
  /** The SHA-256 of the bytes that were read; hexadecimal. */
  readonly sha256: string;
}

/** The digest of bytes that will not be kept. */
export function digestOf(bytes: Uint8Array): Digest {
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  return { size: bytes.length, sha256 };
}

/**
 * The id of an event that was not read: the same as {@linkcode bytesId} of its
 * bytes.
 */
export function digestId({ sha256 }: Digest): string {
  return `sha256-${sha256}`;
}

function hashId(content: string | Uint8Array): string {
  return `sha256-${createHash("sha256").update(content).digest("hex")}`;
}

function sortKeys(_key: string, value: unknown): unknown {
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0),
  );
}
