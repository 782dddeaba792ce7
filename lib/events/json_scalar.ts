/**
 * Decodes scalar values of protobuf's JSON mapping.
 *
 * @module
 * @see {@link https://protobuf.dev/programming-guides/json/}
 */

import { Buffer } from "node:buffer";

/** The values of absent scalars, as in `message_codec.ts`. */
export const SCALAR_ZEROS: Readonly<Record<string, unknown>> = {
  bool: false,
  string: "",
  double: 0,
  float: 0,
  int32: 0,
  sint32: 0,
  sfixed32: 0,
  uint32: 0,
  fixed32: 0,
  int64: "0",
  sint64: "0",
  sfixed64: "0",
  uint64: "0",
  fixed64: "0",
};

/** Reads a value; `undefined` if it is invalid for the type. */
export type ReadScalar = (value: unknown) => unknown;

/** Returns the reader for a scalar type, by its name in proto files. */
export function jsonScalar(type: string): ReadScalar {
  const read = SCALARS[type];
  if (read === undefined) throw new TypeError(`Type "${type}" is not a scalar`);
  return read;
}

const signed32 = integers(32, (value) => BigInt.asIntN(32, value));
const unsigned32 = integers(32, (value) => BigInt.asUintN(32, value));
const signed64 = integers(64, (value) => BigInt.asIntN(64, value));
const unsigned64 = integers(64, (value) => BigInt.asUintN(64, value));

const SCALARS: Readonly<Record<string, ReadScalar>> = {
  string: (value) => typeof value === "string" ? value : undefined,
  bool: (value) => typeof value === "boolean" ? value : undefined,
  double: numberOf,
  // The precision that the bytes would have had.
  float: (value) => {
    const number = numberOf(value);
    return number === undefined ? undefined : Math.fround(number);
  },
  bytes: (value) =>
    typeof value === "string" && BASE64.test(value)
      ? new Uint8Array(Buffer.from(value, "base64"))
      : undefined,
  int32: signed32,
  sint32: signed32,
  sfixed32: signed32,
  uint32: unsigned32,
  fixed32: unsigned32,
  int64: signed64,
  sint64: signed64,
  sfixed64: signed64,
  uint64: unsigned64,
  fixed64: unsigned64,
};

/** Either alphabet, with or without padding. */
const BASE64 = /^[A-Za-z0-9+/_-]*={0,2}$/;

const DECIMAL = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

function numberOf(value: unknown): number | undefined {
  if (typeof value === "number") return value;
  if (typeof value !== "string") return undefined;
  if (DECIMAL.test(value)) return Number(value);
  return value === "NaN" || /^-?Infinity$/.test(value)
    ? Number(value)
    : undefined;
}

/** Whole numbers, also as text; 64-bit ones become text. */
function integers(
  bits: 32 | 64,
  fit: (value: bigint) => bigint,
): ReadScalar {
  const convert = bits === 64 ? String : Number;
  return (value) => {
    if (typeof value === "number") {
      if (!Number.isInteger(value)) return undefined;
      if (!Number.isSafeInteger(value)) {
        throw new RangeError("Number is too large to be exact");
      }
    } else if (typeof value !== "string" || !/^-?\d{1,20}$/.test(value)) {
      return undefined;
    }
    const exact = BigInt(value);
    if (fit(exact) !== exact) {
      throw new RangeError(`Number is too large for ${bits} bits`);
    }
    return convert(exact);
  };
}
