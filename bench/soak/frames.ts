/**
 * HTTP/2 frames, as much of them as it takes to make gRPC calls (RFC 9113, 7541).
 *
 * @module
 */

/** Frame types. */
export const FRAME = {
  data: 0,
  headers: 1,
  resetStream: 3,
  settings: 4,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
} as const;

/** Flags. */
export const FLAG = { endStream: 1, ack: 1, endHeaders: 4 } as const;

/** What a client says first. */
export const PREFACE: Uint8Array = new TextEncoder().encode(
  "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
);

/** Bytes before a frame's payload. */
export const HEAD_LENGTH = 9;

/** A frame. */
export interface Frame {
  /** Which one. */
  readonly type: number;
  /** Its flags. */
  readonly flags: number;
  /** Its stream; 0: the connection. */
  readonly stream: number;
  /** What it carries. */
  readonly payload: Uint8Array;
}

/** Writes a frame. */
export function encodeFrame(
  { type, flags, stream, payload }: Frame,
): Uint8Array {
  const bytes = new Uint8Array(HEAD_LENGTH + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, payload.length << 8 | type);
  bytes[4] = flags;
  view.setUint32(5, stream);
  bytes.set(payload, HEAD_LENGTH);
  return bytes;
}

/** Reads the frames that are whole. */
export function decodeFrames(
  bytes: Uint8Array,
): { readonly frames: readonly Frame[]; readonly rest: Uint8Array } {
  const frames: Frame[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  while (bytes.length - at >= HEAD_LENGTH) {
    const length = view.getUint32(at) >>> 8;
    const end = at + HEAD_LENGTH + length;
    if (end > bytes.length) break;
    frames.push({
      type: view.getUint8(at + 3),
      flags: view.getUint8(at + 4),
      stream: view.getUint32(at + 5) & 0x7fff_ffff,
      payload: bytes.subarray(at + HEAD_LENGTH, end),
    });
    at = end;
  }
  return { frames, rest: bytes.subarray(at) };
}

/** Writes header fields, each as it is: nothing is to be remembered by the other side. */
export function encodeHeaders(
  fields: readonly (readonly [name: string, value: string])[],
): Uint8Array {
  const encoder = new TextEncoder();
  const bytes = fields.flatMap((
    [name, value],
  ) => [
    0,
    ...[name, value].flatMap((text) => {
      const octets = encoder.encode(text);
      return [...encodeLength(octets.length), ...octets];
    }),
  ]);
  return Uint8Array.from(bytes);
}

/** A length in seven bits, and in more octets when it does not fit. */
function encodeLength(length: number): number[] {
  if (length < 127) return [length];
  const octets = [127];
  let left = length - 127;
  for (; left >= 128; left >>= 7) octets.push(left & 127 | 128);
  return [...octets, left];
}
