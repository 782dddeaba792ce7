/**
 * The format of entries in a segment: one frame for all entries of an append.
 *
 * ```
 * u32 length of what follows the header
 * u32 CRC-32 of the segment's salt, of the rest of the header, and of what follows
 * u32 number of the first entry within its segment
 * u32 how many entries
 * then for each entry:
 *   u32 length of its bytes
 *   f64 when it was accepted, f64 when it is due: milliseconds since the epoch
 *   u32 how many runs of it failed
 *   its bytes
 * ```
 *
 * Numbers are little-endian. Each segment has another salt, so that old
 * contents of a disk block are never taken for a frame.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { crc32 } from "node:zlib";

/** The length of a frame's header, in bytes. */
export const FRAME_HEADER = 16;
/** The overhead of each entry. */
export const ENTRY_HEADER = 24;

/** An entry in a log. */
export interface StoredEntry {
  /** What was appended. */
  readonly bytes: Uint8Array;
  /** When it was accepted, in milliseconds since the epoch. */
  readonly acceptedAt: number;
  /** When it is due, in milliseconds since the epoch. */
  readonly dueAt: number;
  /** How many runs of it have failed. */
  readonly failures: number;
}

/** A decoded frame. */
export interface Frame {
  /** Its length including its header, in bytes. */
  readonly length: number;
  /** The number of its first entry within its segment. */
  readonly first: number;
  /** Its entries. Their bytes are copies. */
  readonly entries: readonly StoredEntry[];
}

/** The length of a frame of these entries, in bytes. */
export function frameLength(entries: readonly StoredEntry[]): number {
  return entries.reduce(
    (length, { bytes }) => length + ENTRY_HEADER + bytes.length,
    FRAME_HEADER,
  );
}

/** Encodes a frame without a position: see {@linkcode placeFrame}. */
export function encodeFrame(entries: readonly StoredEntry[]): Uint8Array {
  const frame = Buffer.allocUnsafe(frameLength(entries));
  frame.writeUInt32LE(frame.length - FRAME_HEADER, 0);
  frame.writeUInt32LE(entries.length, 12);
  let offset = FRAME_HEADER;
  for (const { bytes, acceptedAt, dueAt, failures } of entries) {
    frame.writeUInt32LE(bytes.length, offset);
    frame.writeDoubleLE(acceptedAt, offset + 4);
    frame.writeDoubleLE(dueAt, offset + 12);
    frame.writeUInt32LE(failures, offset + 20);
    frame.set(bytes, offset + ENTRY_HEADER);
    offset += ENTRY_HEADER + bytes.length;
  }
  return frame;
}

/**
 * Sets the position of a frame.
 *
 * @param first The number of its first entry within the segment.
 * @param salt The segment's salt.
 */
export function placeFrame(
  frame: Uint8Array,
  first: number,
  salt: number,
): void {
  const view = viewOf(frame);
  view.setUint32(8, first, true);
  view.setUint32(4, crc32(frame.subarray(8), salt), true);
}

/** Where to look for a frame. */
export interface FramePlace {
  /** Its offset in `bytes`. */
  readonly offset: number;
  /** The segment's salt. */
  readonly salt: number;
  /** The lowest possible number of its first entry. */
  readonly first: number;
}

/**
 * Decodes the frame at an offset.
 *
 * @param bytes The available part of the file.
 * @returns The frame; how many bytes are needed from `offset`, if there are too
 * few; `undefined` if no frame begins there.
 */
export function decodeFrame(
  bytes: Uint8Array,
  { offset, salt, first: least }: FramePlace,
): Frame | number | undefined {
  const rest = bytes.length - offset;
  if (rest < FRAME_HEADER) return FRAME_HEADER;
  const view = viewOf(bytes);
  const body = view.getUint32(offset, true);
  const first = view.getUint32(offset + 8, true);
  const count = view.getUint32(offset + 12, true);
  if (
    body > MAX_BODY || count === 0 || count * ENTRY_HEADER > body ||
    first < least
  ) return undefined;
  const length = FRAME_HEADER + body;
  if (rest < length) return length;
  const checked = bytes.subarray(offset + 8, offset + length);
  if (crc32(checked, salt) !== view.getUint32(offset + 4, true)) {
    return undefined;
  }
  const entries = decodeEntries(bytes, view, {
    offset: offset + FRAME_HEADER,
    end: offset + length,
    count,
  });
  return entries && { length, first, entries };
}

/** The longest body of a frame, in bytes. */
export const MAX_BODY = 2 ** 24;

function decodeEntries(
  bytes: Uint8Array,
  view: DataView,
  body: { offset: number; readonly end: number; readonly count: number },
): readonly StoredEntry[] | undefined {
  const entries: StoredEntry[] = [];
  let { offset } = body;
  for (let index = 0; index < body.count; index++) {
    const start = offset + ENTRY_HEADER;
    if (start > body.end) return undefined;
    const end = start + view.getUint32(offset, true);
    if (end > body.end) return undefined;
    entries.push({
      // A copy: otherwise one retained entry would retain everything read with
      // it.
      bytes: bytes.slice(start, end),
      acceptedAt: view.getFloat64(offset + 4, true),
      dueAt: view.getFloat64(offset + 12, true),
      failures: view.getUint32(offset + 20, true),
    });
    offset = end;
  }
  return offset === body.end ? entries : undefined;
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}
