/**
 * Single values of an event written as JSON: scalars, enums, and the messages of
 * protobuf's own that JSON writes as values.
 *
 * @module
 */

import protobuf from "protobufjs";
import { parseExactJson } from "../lib/core/exact_json.ts";
import { isObject } from "../lib/core/is_object.ts";

/** The JSON is not such an event. The message starts with the path. */
export class EventJsonError extends Error {
  override name = "EventJsonError";
}

/** A JSON object. */
export type JsonObject = Record<string, unknown>;

/** A value as an error shows it. */
export function show(value: unknown): string {
  return (JSON.stringify(value) ?? String(value)).slice(0, 80);
}

/**
 * The value of an enum.
 *
 * @throws {EventJsonError} It is neither a name of the enum nor a number.
 */
export function enumValue(
  type: protobuf.Enum,
  value: unknown,
  path: string,
): number {
  const number = typeof value === "string" ? type.values[value] : value;
  if (typeof number === "number" && Number.isInteger(number)) return number;
  throw new EventJsonError(
    `${path}: Value is not one of ${Object.keys(type.values).join(", ")}: ${
      show(value)
    }`,
  );
}

/** The whole numbers that each type can hold. */
const RANGES: Readonly<Record<string, readonly [min: bigint, max: bigint]>> = {
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  sint32: [-(2n ** 31n), 2n ** 31n - 1n],
  sfixed32: [-(2n ** 31n), 2n ** 31n - 1n],
  uint32: [0n, 2n ** 32n - 1n],
  fixed32: [0n, 2n ** 32n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  sint64: [-(2n ** 63n), 2n ** 63n - 1n],
  sfixed64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
  fixed64: [0n, 2n ** 64n - 1n],
};

/**
 * A scalar. Whole numbers may be text, as in protobuf's own JSON.
 *
 * @param type The type's name in proto files.
 * @throws {EventJsonError} The value is none of that type.
 */
export function scalar(type: string, value: unknown, path: string): unknown {
  const range = RANGES[type];
  if (range !== undefined) {
    const [min, max] = range;
    const integer = integerOf(value);
    if (integer !== undefined && min <= integer && integer <= max) {
      return type in protobuf.types.long ? String(integer) : Number(integer);
    }
  } else if (isOf(type, value)) return value;
  else if (
    /^(double|float)$/.test(type) && isWhole(value) &&
    !Number.isSafeInteger(Number(value))
  ) {
    return Number(value);
  }
  throw new EventJsonError(`${path}: Value is not a ${type}: ${show(value)}`);
}

function isOf(type: string, value: unknown): boolean {
  switch (type) {
    case "string":
      return typeof value === "string";
    case "bytes":
      return typeof value === "string" && protobuf.util.base64.test(value);
    case "bool":
      return typeof value === "boolean";
    default:
      return typeof value === "number";
  }
}

function integerOf(value: unknown): bigint | undefined {
  const isInteger = isWhole(value) || Number.isSafeInteger(value);
  return isInteger ? BigInt(value as string | number) : undefined;
}

/** Large numbers come as their digits. */
function isWhole(value: unknown): boolean {
  return typeof value === "string" && /^-?\d{1,20}$/.test(value);
}

/**
 * A scalar or enum from text, as far as the text says: what is left is for
 * {@linkcode scalar} to judge.
 */
export function parseText(field: protobuf.Field, text: string): unknown {
  if (field.type === "bool") return jsonOrText(text);
  if (field.type !== "double" && field.type !== "float") return text;
  const number = Number(text);
  return text === "" || Number.isNaN(number) ? text : number;
}

/** Text as JSON, or as itself when it is none. */
export function jsonOrText(text: string): unknown {
  try {
    return parseExactJson(text);
  } catch {
    return text;
  }
}

/** Makes the message that stands for a value. */
type ToMessage = (value: unknown, path: string) => JsonObject;

/**
 * How a message of protobuf's own is made from its JSON, where that is no object of
 * fields; `undefined` for all others.
 */
export function googleValue(type: protobuf.Type): ToMessage | undefined {
  return GOOGLE[type.fullName];
}

/** Whether any JSON fits, so that there are no fields to name. */
export function isFreeForm(type: protobuf.ReflectionObject | null): boolean {
  return type !== null && FREE_FORM.has(type.fullName);
}

const FREE_FORM: ReadonlySet<string> = new Set([
  ".google.protobuf.Struct",
  ".google.protobuf.Value",
  ".google.protobuf.ListValue",
]);

function wrapper(type: string): ToMessage {
  return (value, path) => ({ value: scalar(type, value, path) });
}

const GOOGLE: Readonly<Record<string, ToMessage>> = {
  ".google.protobuf.Struct": (value, path) => {
    if (isObject(value)) return structOf(value);
    throw new EventJsonError(`${path}: Value is not an object: ${show(value)}`);
  },
  ".google.protobuf.Value": valueOf,
  ".google.protobuf.ListValue": (value, path) => {
    if (Array.isArray(value)) return listOf(value);
    throw new EventJsonError(`${path}: Value is not a list: ${show(value)}`);
  },
  ".google.protobuf.Timestamp": timestamp,
  ".google.protobuf.BoolValue": wrapper("bool"),
  ".google.protobuf.BytesValue": wrapper("bytes"),
  ".google.protobuf.DoubleValue": wrapper("double"),
  ".google.protobuf.FloatValue": wrapper("float"),
  ".google.protobuf.Int32Value": wrapper("int32"),
  ".google.protobuf.Int64Value": wrapper("int64"),
  ".google.protobuf.StringValue": wrapper("string"),
  ".google.protobuf.UInt32Value": wrapper("uint32"),
  ".google.protobuf.UInt64Value": wrapper("uint64"),
};

const RFC_3339 =
  /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/;

function timestamp(value: unknown, path: string): JsonObject {
  const match = RFC_3339.exec(String(value));
  const milliseconds = Date.parse(`${match?.[1]}${match?.[3]}`);
  if (match === null || Number.isNaN(milliseconds)) {
    throw new EventJsonError(
      `${path}: Value is not an RFC 3339 time: ${show(value)}`,
    );
  }
  return {
    seconds: String(milliseconds / 1_000),
    nanos: Number((match[2] ?? "").padEnd(9, "0")),
  };
}

function structOf(object: JsonObject): JsonObject {
  return {
    fields: Object.fromEntries(
      Object.entries(object).map(([key, value]) => [key, valueOf(value)]),
    ),
  };
}

function listOf(list: readonly unknown[]): JsonObject {
  return { values: list.map(valueOf) };
}

function valueOf(value: unknown): JsonObject {
  if (typeof value === "string") return { stringValue: value };
  if (typeof value === "number") return { numberValue: value };
  if (typeof value === "boolean") return { boolValue: value };
  if (Array.isArray(value)) return { listValue: listOf(value) };
  if (isObject(value)) return { structValue: structOf(value) };
  return { nullValue: 0 };
}
