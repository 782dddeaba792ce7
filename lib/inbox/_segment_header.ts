/**
 * The header of a segment file.
 *
 * ```
 * 8 bytes "EVINBOX1"
 * 16 bytes the id of the log
 * f64 the position of the segment's first entry in the log
 * u32 salt of the segment's checksums
 * u32 CRC-32 of all that
 * ```
 *
 * @module
 */

import { crc32 } from "node:zlib";

/** The length of the header, in bytes. */
export const SEGMENT_HEADER = 40;

const MAGIC = new TextEncoder().encode("EVINBOX1");

/** The contents of a header. */
export interface SegmentHeader {
  /** Identifies the log of the segment: 32 hexadecimal digits. */
  readonly logId: string;
  /** The position of the segment's first entry in the log, from 0. */
  readonly base: number;
  /** Included in each checksum. */
  readonly salt: number;
}

/** Encodes a header. */
export function encodeSegmentHeader(header: SegmentHeader): Uint8Array {
  const bytes = new Uint8Array(SEGMENT_HEADER);
  const view = new DataView(bytes.buffer);
  bytes.set(MAGIC);
  bytes.set(Uint8Array.fromHex(header.logId), 8);
  view.setFloat64(24, header.base, true);
  view.setUint32(32, header.salt, true);
  view.setUint32(36, crc32(bytes.subarray(0, 36)), true);
  return bytes;
}

/** Decodes a header; `undefined` if it is invalid or incomplete. */
export function decodeSegmentHeader(
  bytes: Uint8Array,
): SegmentHeader | undefined {
  if (bytes.length < SEGMENT_HEADER) return undefined;
  if (MAGIC.some((byte, index) => bytes[index] !== byte)) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, SEGMENT_HEADER);
  if (crc32(bytes.subarray(0, 36)) !== view.getUint32(36, true)) {
    return undefined;
  }
  return {
    logId: bytes.slice(8, 24).toHex(),
    base: view.getFloat64(24, true),
    salt: view.getUint32(32, true),
  };
}
