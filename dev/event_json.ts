/**
 * Turns an event written as JSON into the protobuf bytes that AGS would send.
 *
 * Field names may be written as in the proto file (`user_id`), as handlers see them
 * (`userId`), or as AGS's own JSON has them: the official samples use all three.
 *
 * @module
 */

import protobuf from "protobufjs";
import { nearest } from "../lib/core/nearest.ts";
import { propertyName } from "../lib/grpc/message_codec.ts";

/** The JSON is not such an event. The message starts with the path. */
export class EventJsonError extends Error {
  override name = "EventJsonError";
}

/** A JSON object. */
export type JsonObject = Record<string, unknown>;

/**
 * Encodes an event.
 *
 * @throws {EventJsonError} A field does not exist, or has a value of another type.
 */
export function encodeEvent(type: protobuf.Type, json: unknown): Uint8Array {
  return type.encode(messageOf(type, json, type.name)).finish();
}

/**
 * Sets one field, its value written as text: `payload.userAccount.country=DE`. A
 * number selects from a list: `payload.chosenAccounts.0.userId=…`.
 *
 * @throws {EventJsonError} There is no such field, or the text is no value of it.
 */
export function setField(
  type: protobuf.Type,
  json: JsonObject,
  assignment: string,
): void {
  const equals = assignment.indexOf("=");
  if (equals <= 0) {
    throw new EventJsonError(
      `"${assignment}" sets nothing: expected path=value`,
    );
  }
  const path = assignment.slice(0, equals).split(".");
  setPath(type, json, path, assignment.slice(equals + 1));
}

function setPath(
  type: protobuf.Type,
  json: JsonObject,
  [name = "", ...rest]: readonly string[],
  text: string,
): void {
  const field = fieldNamed(type, name, type.name);
  const key = Object.keys(json).find((each) => isNameOf(field, each)) ??
    propertyName(field.name);
  if (field.map || isFreeForm(field)) {
    json[key] = setFree(json[key], rest, text);
    return;
  }
  let tail = rest;
  let holder: JsonObject = json;
  let slot = key;
  if (field.repeated && /^\d{1,4}$/.test(rest[0] ?? "")) {
    const list = Array.isArray(json[key]) ? json[key] : json[key] = [];
    [slot = "", ...tail] = rest;
    holder = list as unknown as JsonObject;
  }
  if (tail.length === 0) {
    holder[slot] = field.repeated && slot === key
      ? parseJson(text, key)
      : parseText(field, text);
    return;
  }
  if (!(field.resolvedType instanceof protobuf.Type)) {
    throw new EventJsonError(
      `${key}: Field has no parts: expected ${key}=value`,
    );
  }
  if (!isObject(holder[slot])) holder[slot] = {};
  setPath(field.resolvedType, holder[slot] as JsonObject, tail, text);
}

/** Sets inside of what has no fields of its own: a map, or plain JSON. */
function setFree(
  value: unknown,
  path: readonly string[],
  text: string,
): unknown {
  const [name, ...rest] = path;
  if (name === undefined) return jsonOrText(text);
  const object = isObject(value) ? value : {};
  return { ...object, [name]: setFree(object[name], rest, text) };
}

function isFreeForm(field: protobuf.Field): boolean {
  return field.resolvedType !== null &&
    field.resolvedType.fullName in FREE_FORM;
}

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new EventJsonError(`${path}: Value is not JSON: ${text}`, { cause });
  }
}

function parseText(field: protobuf.Field, text: string): unknown {
  if (field.resolvedType instanceof protobuf.Type) {
    return isTimestamp(field.resolvedType) ? text : parseJson(text, field.name);
  }
  if (field.type === "string" || field.type === "bytes") return text;
  if (field.type === "bool" || field.type in protobuf.types.long) {
    return jsonOrText(text);
  }
  const number = Number(text);
  return field.resolvedType === null && text !== "" && !Number.isNaN(number)
    ? number
    : text;
}

function messageOf(
  type: protobuf.Type,
  json: unknown,
  path: string,
): protobuf.Message {
  if (!isObject(json)) {
    throw new EventJsonError(`${path}: Value is not an object: ${show(json)}`);
  }
  const message: JsonObject = {};
  for (const [key, value] of Object.entries(json)) {
    const field = fieldNamed(type, key, path);
    // As in protobuf's own JSON, null is the field's absence.
    if (value === null) continue;
    message[field.name] = fieldValue(field, value, `${path}.${key}`);
  }
  return type.fromObject(message);
}

function fieldNamed(
  type: protobuf.Type,
  name: string,
  path: string,
): protobuf.Field {
  const field = type.fieldsArray.find((each) => isNameOf(each, name));
  if (field !== undefined) return field;
  const names = type.fieldsArray.map((each) => propertyName(each.name));
  const closest = nearest(name, names);
  throw new EventJsonError(
    `${path}: Field "${name}" does not exist: ` +
      (closest === undefined
        ? `expected one of ${names.join(", ")}`
        : `did you mean "${closest}"`),
  );
}

function isNameOf(field: protobuf.Field, name: string): boolean {
  return name === field.name || name === propertyName(field.name) ||
    name === field.options?.json_name;
}

function fieldValue(
  field: protobuf.Field,
  value: unknown,
  path: string,
): unknown {
  field.resolve();
  if (field.map) {
    if (!isObject(value)) {
      throw new EventJsonError(
        `${path}: Value is not an object: ${show(value)}`,
      );
    }
    return Object.fromEntries(
      Object.entries(value).map((
        [key, each],
      ) => [key, oneValue(field, each, `${path}.${key}`)]),
    );
  }
  if (!field.repeated) return oneValue(field, value, path);
  if (!Array.isArray(value)) {
    throw new EventJsonError(`${path}: Value is not a list: ${show(value)}`);
  }
  return value.map((each, index) => oneValue(field, each, `${path}.${index}`));
}

function oneValue(
  field: protobuf.Field,
  value: unknown,
  path: string,
): unknown {
  const { resolvedType } = field;
  if (resolvedType instanceof protobuf.Enum) {
    return enumValue(resolvedType, value, path);
  }
  if (resolvedType === null) return scalar(field, value, path);
  const freeForm = FREE_FORM[resolvedType.fullName];
  if (freeForm !== undefined) return freeForm(value, path);
  if (isTimestamp(resolvedType)) return timestamp(value, path);
  return messageOf(resolvedType, value, path);
}

function enumValue(type: protobuf.Enum, value: unknown, path: string): number {
  const number = typeof value === "string" ? type.values[value] : value;
  if (typeof number === "number" && Number.isInteger(number)) return number;
  throw new EventJsonError(
    `${path}: Value is not one of ${Object.keys(type.values).join(", ")}: ${
      show(value)
    }`,
  );
}

function scalar(field: protobuf.Field, value: unknown, path: string): unknown {
  const { type } = field;
  const wanted = type in protobuf.types.long
    ? /^-?\d{1,20}$/.test(String(value)) && typeof value !== "boolean"
    : type === "string" || type === "bytes"
    ? typeof value === "string"
    : type === "bool"
    ? typeof value === "boolean"
    : type === "double" || type === "float"
    ? typeof value === "number"
    : Number.isInteger(value);
  if (wanted) return type in protobuf.types.long ? String(value) : value;
  throw new EventJsonError(`${path}: Value is not a ${type}: ${show(value)}`);
}

function isTimestamp(type: protobuf.Type): boolean {
  return type.fullName === ".google.protobuf.Timestamp";
}

function timestamp(value: unknown, path: string): JsonObject {
  const match = /^(.+?)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/.exec(String(value));
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

const FREE_FORM: Readonly<
  Record<string, (value: unknown, path: string) => JsonObject>
> = {
  ".google.protobuf.Struct": (value, path) => {
    if (isObject(value)) return structOf(value);
    throw new EventJsonError(`${path}: Value is not an object: ${show(value)}`);
  },
  ".google.protobuf.Value": valueOf,
  ".google.protobuf.ListValue": (value, path) => {
    if (Array.isArray(value)) return listOf(value);
    throw new EventJsonError(`${path}: Value is not a list: ${show(value)}`);
  },
};

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

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function show(value: unknown): string {
  return (JSON.stringify(value) ?? String(value)).slice(0, 80);
}
