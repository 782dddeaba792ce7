/**
 * The TypeScript property of a proto field.
 *
 * The types are those of a decoded event: scalars carry proto3's defaults, an
 * absent message is `undefined`, 64-bit integers are decimal text as in protobuf's
 * JSON mapping, so that `JSON.stringify` takes every event.
 *
 * @module
 */

import protobuf from "protobufjs";
import { defaultJsonName } from "./proto_text.ts";

/** A property of a generated interface. */
export interface PropertyType {
  /** Its name, as protobufjs decodes it. */
  readonly name: string;
  /** Its type, without `undefined`. */
  readonly type: string;
  /** Whether it can be absent. */
  readonly optional: boolean;
  /** Lines for its JSDoc; often none. */
  readonly notes: readonly string[];
}

/** A field has a type that the generated files have no word for. */
export class FieldTypeError extends Error {
  override name = "FieldTypeError";
}

const SCALARS: Readonly<Record<string, string>> = {
  double: "number",
  float: "number",
  int32: "number",
  uint32: "number",
  sint32: "number",
  fixed32: "number",
  sfixed32: "number",
  int64: "string",
  uint64: "string",
  sint64: "string",
  fixed64: "string",
  sfixed64: "string",
  bool: "boolean",
  string: "string",
  bytes: "Uint8Array",
};

const WRAPPERS: Readonly<Record<string, string>> = {
  ".google.protobuf.BoolValue": "bool",
  ".google.protobuf.BytesValue": "bytes",
  ".google.protobuf.DoubleValue": "double",
  ".google.protobuf.FloatValue": "float",
  ".google.protobuf.Int32Value": "int32",
  ".google.protobuf.Int64Value": "int64",
  ".google.protobuf.StringValue": "string",
  ".google.protobuf.UInt32Value": "uint32",
  ".google.protobuf.UInt64Value": "uint64",
};

const WELL_KNOWN: Readonly<Record<string, string>> = {
  ".google.protobuf.Any":
    "{ readonly typeUrl: string; readonly value: Uint8Array }",
  ".google.protobuf.Duration":
    "{ readonly seconds: string; readonly nanos: number }",
  ".google.protobuf.Empty": "Record<string, never>",
  ".google.protobuf.FieldMask": "{ readonly paths: readonly string[] }",
  ".google.protobuf.ListValue": "readonly JsonValue[]",
  ".google.protobuf.Struct": "JsonObject",
  ".google.protobuf.Timestamp": "string",
  ".google.protobuf.Value": "JsonValue",
};

/**
 * The property of a field.
 *
 * @param nameOf Name of a message or enum of the proto folder, as seen from the
 * file of this field.
 * @throws {FieldTypeError} The type is one of Google's that has no mapping.
 */
export function propertyType(
  field: protobuf.Field,
  nameOf: (type: protobuf.ReflectionObject) => string | undefined,
): PropertyType {
  const element = elementType(field, nameOf);
  const { name } = field;
  const notes = notesOf(field);
  if (field.map) {
    const type = `Readonly<Record<string, ${element}>>`;
    return { name, type, optional: false, notes };
  }
  if (field.repeated) {
    const type = /[ |]/.test(element)
      ? `readonly (${element})[]`
      : `readonly ${element}[]`;
    return { name, type, optional: false, notes };
  }
  return {
    name,
    type: isWrapper(field) ? `${element} | null` : element,
    optional: !field.required && hasPresence(field),
    notes,
  };
}

function elementType(
  field: protobuf.Field,
  nameOf: (type: protobuf.ReflectionObject) => string | undefined,
): string {
  const { resolvedType } = field;
  const type = resolvedType === null
    ? SCALARS[field.type]
    : WELL_KNOWN[resolvedType.fullName] ??
      SCALARS[WRAPPERS[resolvedType.fullName] ?? ""] ??
      nameOf(resolvedType);
  if (type !== undefined) return type;
  throw new FieldTypeError(
    `Field "${field.fullName.slice(1)}" has the type "${
      resolvedType?.fullName.slice(1) ?? field.type
    }", which has no TypeScript mapping: add it to WELL_KNOWN, and to the decoder`,
  );
}

/** Whether the decoder can tell an absent field from one with the default value. */
function hasPresence(field: protobuf.Field): boolean {
  // The library's own notion leaves messages out, which always have it.
  return field.resolvedType instanceof protobuf.Type ||
    Boolean(field.hasPresence);
}

function isWrapper({ resolvedType }: protobuf.Field): boolean {
  return resolvedType !== null && resolvedType.fullName in WRAPPERS;
}

function notesOf(field: protobuf.Field): readonly string[] {
  const notes: string[] = [];
  const { name, options, partOf, resolvedType } = field;
  const scalar = resolvedType === null
    ? field.type
    : WRAPPERS[resolvedType.fullName] ?? "";
  if (scalar.endsWith("64")) notes.push("64-bit integer in decimal.");
  if (resolvedType?.fullName === ".google.protobuf.Timestamp") {
    notes.push("RFC 3339 time.");
  }
  if (partOf !== null && !partOf.isProto3Optional) {
    notes.push(`At most one field of \`${partOf.name}\` is present.`);
  }
  const jsonName = options?.["json_name"] ?? defaultJsonName(name);
  if (jsonName !== name) notes.push(`AGS JSON name: \`${jsonName}\`.`);
  if (options?.["deprecated"] === true) notes.push("@deprecated");
  return notes;
}
