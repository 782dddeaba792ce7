/**
 * Values of AGS's messages: as a handler has to get them, and as bytes.
 *
 * A value is written with the handler's property names, and need not have all of
 * them: {@linkcode encode} makes the bytes that AGS would send of it, and
 * {@linkcode seenOf} what a handler has to see.
 *
 * @module
 */

import {
  type DescField,
  type DescMessage,
  fromJson,
  type JsonObject,
  type JsonValue,
  ScalarType,
  toBinary,
} from "@bufbuild/protobuf";

/** Properties of a message, some or all. */
export type Value = Readonly<Record<string, unknown>>;

/** The bytes of a value. */
export function encode(desc: DescMessage, value: Value): Uint8Array {
  return toBinary(desc, fromJson(desc, jsonOf(desc, value) as JsonObject));
}

/** The property that a field has. */
export function propertyOf({ name }: { readonly name: string }): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** Properties, with their defaults, that newer proto files have in a message. */
export type Newer = (message: DescMessage) => Value;

/**
 * What a handler has to see of a value: all that is sent, and the defaults of what
 * is not, as far as proto3 gives one.
 */
export function seenOf(desc: DescMessage, value: Value, newer: Newer): unknown {
  if (isGoogle(desc)) return value;
  const entries = desc.fields.flatMap((field): [string, unknown][] => {
    const name = propertyOf(field);
    const sent = value[name];
    const seen = sent === undefined
      ? absent(field)
      : mapValues(field, sent, (each, message) => seenOf(message, each, newer));
    return seen === undefined ? [] : [[name, seen]];
  });
  return { ...newer(desc), ...Object.fromEntries(entries) };
}

function absent(field: DescField): unknown {
  if (field.fieldKind === "list") return [];
  if (field.fieldKind === "map") return {};
  if (field.fieldKind !== "scalar" || field.oneof !== undefined) {
    return undefined;
  }
  return DEFAULTS.get(field.scalar);
}

const DEFAULTS: ReadonlyMap<ScalarType, unknown> = new Map<ScalarType, unknown>(
  [
    [ScalarType.STRING, ""],
    [ScalarType.BOOL, false],
    [ScalarType.INT32, 0],
    [ScalarType.INT64, "0"],
    [ScalarType.DOUBLE, 0],
    [ScalarType.FLOAT, 0],
  ],
);

function jsonOf(desc: DescMessage, value: unknown): JsonValue {
  if (isGoogle(desc)) return value as JsonValue;
  const rest = new Map(Object.entries(value as Value));
  const entries = desc.fields.flatMap((field): [string, JsonValue][] => {
    const sent = rest.get(propertyOf(field));
    rest.delete(propertyOf(field));
    if (sent === undefined) return [];
    return [[
      field.jsonName,
      mapValues(
        field,
        sent,
        (each, message) => jsonOf(message, each),
        jsonNumber,
      ) as JsonValue,
    ]];
  });
  if (rest.size > 0) {
    throw new Error(`${desc.typeName} has no ${[...rest.keys()].join(", ")}`);
  }
  return Object.fromEntries(entries);
}

function jsonNumber(value: unknown): unknown {
  return typeof value === "number" && !Number.isFinite(value)
    ? String(value)
    : value;
}

/** Replaces what a field holds: itself, each item, each value of the map. */
function mapValues(
  field: DescField,
  value: unknown,
  ofMessage: (value: Value, message: DescMessage) => unknown,
  ofScalar: (value: unknown) => unknown = (value) => value,
): unknown {
  const one = (each: unknown) =>
    field.message === undefined
      ? ofScalar(each)
      : ofMessage(each as Value, field.message);
  if (field.fieldKind === "list") return (value as unknown[]).map(one);
  if (field.fieldKind !== "map") return one(value);
  return Object.fromEntries(
    Object.entries(value as Value).map(([key, each]) => [key, one(each)]),
  );
}

/** Google's own messages are JSON, or text, on both sides. */
function isGoogle({ typeName }: DescMessage): boolean {
  return typeName.startsWith("google.protobuf.");
}
