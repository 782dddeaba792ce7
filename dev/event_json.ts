/**
 * Turns an event written as JSON into the protobuf bytes that AGS would send.
 *
 * Field names may be written as in the proto file (`user_id`), as handlers see them
 * (`userId`), or as AGS's own JSON has them: the official samples use all three.
 *
 * @module
 */

import { isObject } from "../lib/core/is_object.ts";
import protobuf from "protobufjs";
import { parseExactJson } from "../lib/core/exact_json.ts";
import { nearest } from "../lib/core/nearest.ts";
import { propertyName } from "../lib/events/message_codec.ts";
import {
  enumValue,
  EventJsonError,
  googleValue,
  isFreeForm,
  type JsonObject,
  jsonOrText,
  parseText,
  scalar,
  show,
} from "./event_value.ts";

export { EventJsonError, type JsonObject };

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
 * number selects from a list, a name from a map: `payload.chosenAccounts.0.userId=…`.
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
  field.resolve();
  const key = Object.keys(json).find((each) => isNameOf(field, each)) ??
    propertyName(field.name);
  const isMany = field.repeated || field.map;
  if (!isMany || rest.length === 0) {
    json[key] = isMany
      ? parseJson(text, key)
      : setValue(field, json[key], rest, { key, text });
    return;
  }
  json[key] = field.map
    ? setEntry(field, json[key], rest, { key, text })
    : setItem(field, json[key], rest, { key, text });
}

/** What is set, and what the field is called where it stands. */
interface Assignment {
  readonly key: string;
  readonly text: string;
}

function setItem(
  field: protobuf.Field,
  list: unknown,
  [index = "", ...rest]: readonly string[],
  assignment: Assignment,
): unknown {
  const items = Array.isArray(list) ? [...list] : [];
  const position = /^\d{1,9}$/.test(index) ? Number(index) : Infinity;
  if (position > items.length) {
    throw new EventJsonError(
      `${assignment.key}: Item "${index}" does not exist: expected a number from 0 to ${items.length}`,
    );
  }
  items[position] = setValue(field, items[position], rest, assignment);
  return items;
}

function setEntry(
  field: protobuf.Field,
  map: unknown,
  [key = "", ...rest]: readonly string[],
  assignment: Assignment,
): unknown {
  const entries = new Map(isObject(map) ? Object.entries(map) : []);
  entries.set(key, setValue(field, entries.get(key), rest, assignment));
  return Object.fromEntries(entries);
}

/** The new value of a field, or of one item or entry of it. */
function setValue(
  field: protobuf.Field,
  value: unknown,
  path: readonly string[],
  { key, text }: Assignment,
): unknown {
  const { resolvedType: type } = field;
  if (isFreeForm(type)) return setFree(value, path, text);
  const hasFields = type instanceof protobuf.Type &&
    googleValue(type) === undefined;
  if (path.length === 0) {
    return hasFields ? parseJson(text, key) : parseText(wrapped(field), text);
  }
  if (!hasFields) {
    throw new EventJsonError(
      `${key}: Field has no parts: expected ${key}=value`,
    );
  }
  const object = isObject(value) ? value : {};
  setPath(type, object, path, text);
  return object;
}

/** The field that holds the value of one of protobuf's wrappers; else the field itself. */
function wrapped(field: protobuf.Field): protobuf.Field {
  const { resolvedType: type } = field;
  return type instanceof protobuf.Type ? type.fields["value"] ?? field : field;
}

/** Sets inside of what has no fields of its own. */
function setFree(
  value: unknown,
  path: readonly string[],
  text: string,
): unknown {
  const [name, ...rest] = path;
  if (name === undefined) return jsonOrText(text);
  const entries = new Map(isObject(value) ? Object.entries(value) : []);
  entries.set(name, setFree(entries.get(name), rest, text));
  return Object.fromEntries(entries);
}

function parseJson(text: string, path: string): unknown {
  try {
    return parseExactJson(text);
  } catch (cause) {
    throw new EventJsonError(`${path}: Value is not JSON: ${text}`, { cause });
  }
}

function messageOf(
  type: protobuf.Type,
  json: unknown,
  path: string,
): protobuf.Message {
  if (!isObject(json)) {
    throw new EventJsonError(`${path}: Value is not an object: ${show(json)}`);
  }
  // Without a prototype: a field may be called `constructor`.
  const message: JsonObject = Object.create(null);
  for (const [key, value] of Object.entries(json)) {
    const field = fieldNamed(type, key, path);
    // As in protobuf's own JSON, null is the absence of any other field.
    if (value === null && !isNullable(field)) continue;
    message[field.name] = fieldValue(field, value, `${path}.${key}`);
  }
  return type.fromObject(message);
}

function isNullable(field: protobuf.Field): boolean {
  const { resolvedType } = field.resolve();
  return !field.repeated && !field.map &&
    resolvedType?.fullName === ".google.protobuf.Value";
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
  if (field instanceof protobuf.MapField) {
    if (!isObject(value)) {
      throw new EventJsonError(
        `${path}: Value is not an object: ${show(value)}`,
      );
    }
    // The library takes any text but none for true.
    const keyOf = (key: string) =>
      field.keyType === "bool" && key === "false" ? "" : key;
    return Object.fromEntries(
      Object.entries(value).map((
        [key, each],
      ) => [keyOf(key), oneValue(field, each, `${path}.${key}`)]),
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
  if (resolvedType === null) return scalar(field.type, value, path);
  return googleValue(resolvedType)?.(value, path) ??
    messageOf(resolvedType, value, path);
}
