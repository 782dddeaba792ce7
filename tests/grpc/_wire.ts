/**
 * Writes protobuf's wire format, by the specification and nothing else: what the
 * decoder's tests compare with must not come from the decoder's own library.
 *
 * @module
 */

/** How a value is written: the low three bits of its tag. */
export type WireType = 0 | 1 | 2 | 3 | 4 | 5;

/** Puts byte strings one behind the other. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  return join(parts);
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(
    parts.reduce((length, part) => length + part.length, 0),
  );
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** A base 128 varint of the value's low 64 bits. */
export function varint(value: bigint | number): Uint8Array {
  const bytes: number[] = [];
  let left = BigInt.asUintN(64, BigInt(value));
  for (; left >= 0x80n; left >>= 7n) bytes.push(Number(left & 0x7fn) | 0x80);
  bytes.push(Number(left));
  return new Uint8Array(bytes);
}

/** Signed numbers as unsigned ones: 0, -1, 1, -2, … are 0, 1, 2, 3, … */
export function zigzag(value: bigint | number): Uint8Array {
  const wide = BigInt(value);
  return varint(wide >= 0n ? wide * 2n : -wide * 2n - 1n);
}

/** Four bytes, the lowest first. */
export function fixed32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value >>> 0, true);
  return bytes;
}

/** Eight bytes, the lowest first. */
export function fixed64(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt.asUintN(64, value), true);
  return bytes;
}

/** A 32-bit floating point number. */
export function float(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  return bytes;
}

/** A 64-bit floating point number. */
export function double(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, value, true);
  return bytes;
}

/** Bytes with their length before them: strings, bytes, messages, packed lists. */
export function delimited(content: Uint8Array): Uint8Array {
  return concat(varint(content.length), content);
}

/** Text with its length before it. */
export function text(content: string): Uint8Array {
  return delimited(new TextEncoder().encode(content));
}

/** One record: a tag, then a value that is written already. */
export function record(
  field: number,
  wire: WireType,
  value: Uint8Array,
): Uint8Array {
  return concat(varint(BigInt(field) << 3n | BigInt(wire)), value);
}

/** A record that holds a message. */
export function nested(field: number, message: Uint8Array): Uint8Array {
  return record(field, 2, delimited(message));
}

/**
 * A message that holds a message that holds a message …, built from the inside out
 * without copying what is there already.
 *
 * @param path The fields on the way in, repeated from the outside.
 * @param levels How many records are nested.
 */
export function nest(path: readonly number[], levels: number): Uint8Array {
  const heads: Uint8Array[] = [];
  let length = 0;
  for (let level = levels - 1; level >= 0; level--) {
    const field = path[level % path.length] ?? 1;
    const head = concat(varint(field << 3 | 2), varint(length));
    heads.push(head);
    length += head.length;
  }
  return join(heads.reverse());
}
