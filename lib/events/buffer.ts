/**
 * Converts bytes to Node's `Buffer` without copying.
 *
 * @module
 */

import { Buffer } from "node:buffer";

/** The same bytes as a `Buffer`, which shares their memory. */
export function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
