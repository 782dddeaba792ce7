/**
 * Decodes protobuf's well-known types from their special JSON.
 *
 * @module
 */

import { jsonScalar } from "./json_scalar.ts";

/**
 * The JSON reader of a well-known type; `undefined` for all other types. It
 * throws on invalid values; the message shows no value.
 */
export function wellKnownJson(
  fullName: string,
): ((value: unknown) => unknown) | undefined {
  return WELL_KNOWN[fullName];
}

function wrapper(type: string): (value: unknown) => unknown {
  const read = jsonScalar(type);
  return (value) => {
    const plain = read(value);
    if (plain !== undefined) return plain;
    throw new TypeError(`Value has the wrong type: expected ${type}`);
  };
}

const WELL_KNOWN: Readonly<Record<string, (value: unknown) => unknown>> = {
  ".google.protobuf.Struct": (value) => {
    if (typeof value === "object" && !Array.isArray(value)) {
      return plain(value ?? {});
    }
    throw new TypeError("Value has the wrong type: expected an object");
  },
  ".google.protobuf.ListValue": (value) => {
    if (Array.isArray(value)) return plain(value);
    if (value === null) return [];
    throw new TypeError("Value has the wrong type: expected a list");
  },
  ".google.protobuf.Value": plain,
  ".google.protobuf.Timestamp": timestamp,
  ".google.protobuf.DoubleValue": wrapper("double"),
  ".google.protobuf.FloatValue": wrapper("float"),
  ".google.protobuf.Int64Value": wrapper("int64"),
  ".google.protobuf.UInt64Value": wrapper("uint64"),
  ".google.protobuf.Int32Value": wrapper("int32"),
  ".google.protobuf.UInt32Value": wrapper("uint32"),
  ".google.protobuf.BoolValue": wrapper("bool"),
  ".google.protobuf.StringValue": wrapper("string"),
  ".google.protobuf.BytesValue": wrapper("bytes"),
};

/** Copies any JSON value. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, plain(each)]),
  );
}

const RFC_3339 =
  /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/i;

/** In UTC, with as many groups of three fractional digits as needed. */
function timestamp(value: unknown): string {
  const match = typeof value === "string" ? RFC_3339.exec(value) : null;
  const [, seconds, digits = "", zone] = match ?? [];
  const milliseconds = Date.parse(`${seconds}${zone}`);
  if (Number.isNaN(milliseconds)) {
    throw new TypeError("Value has the wrong type: expected an RFC 3339 time");
  }
  const nanos = digits.padEnd(9, "0").replace(/(000)+$/, "");
  const fraction = nanos === "" ? "" : `.${nanos}`;
  return new Date(milliseconds).toISOString().replace(".000Z", `${fraction}Z`);
}
