/**
 * Encodes events the way the Go event stream SDK (v4) does.
 *
 * @module
 */

import { EncodingError, InvalidFieldError } from "./errors.ts";
import { type EventFields, type Field, FIELDS } from "./event.ts";
import { goJson, goString } from "./go_json.ts";

/** Values that the encoder needs in addition to the publisher's fields. */
export interface EncodeOptions {
  /** The event's id. */
  readonly id: string;
  /** The event's name. */
  readonly name: string;
  /** The time of publishing, in nanoseconds since the epoch. */
  readonly time: bigint;
}

/** Fields that are always written, even if empty. */
const ALWAYS = new Set(["id", "timestamp", "timestampUnixNano"]);
/** Fields that publishers never write: consumers fill them in. */
const NEVER = new Set(["topic", "sourceNamespace"]);
const WRITTEN = FIELDS.filter(({ key }) => !NEVER.has(key));

const encoder = new TextEncoder();

/**
 * Encodes an event.
 *
 * @throws {InvalidFieldError} A field has the wrong type.
 * @throws {EncodingError} The payload or the additional fields cannot be
 * written as JSON.
 */
export function encodeEvent(
  fields: EventFields,
  options: EncodeOptions,
): Uint8Array<ArrayBuffer> {
  const values: Readonly<Record<string, unknown>> = {
    version: 1,
    ...fields,
    id: options.id,
    name: options.name,
    timestamp: wholeSeconds(options.time),
    timestampUnixNano: options.time,
  };
  const members: string[] = [];
  for (const field of WRITTEN) {
    const value = values[field.property];
    if (value === undefined || value === null) continue;
    const text = write(field, value);
    if (text !== undefined) members.push(`"${field.key}":${text}`);
  }
  return encoder.encode(`{${members.join(",")}}`);
}

/** RFC 3339 in UTC without fractions. */
export function wholeSeconds(time: bigint): string {
  const milliseconds = Number(time / 1_000_000n);
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;
}

/** A field's JSON; `undefined` if Go omits it. */
function write(field: Field, value: unknown): string | undefined {
  const keep = ALWAYS.has(field.key);
  switch (field.type) {
    case "string":
      if (typeof value !== "string") return wrong(field, "a string");
      return value !== "" || keep ? goString(value) : undefined;
    case "int":
      if (!Number.isSafeInteger(value)) return wrong(field, "an integer");
      return value === 0 ? undefined : String(value);
    case "int64":
      return String(value);
    case "bool":
      if (typeof value !== "boolean") return wrong(field, "true or false");
      return value ? "true" : undefined;
    case "strings":
      if (!isStrings(value)) return wrong(field, "an array of strings");
      return value.length > 0
        ? `[${value.map(goString).join(",")}]`
        : undefined;
    case "object":
      return writeObject(field, value);
  }
}

function writeObject(field: Field, value: unknown): string | undefined {
  if (typeof value !== "object" || Array.isArray(value)) {
    return wrong(field, "an object");
  }
  try {
    const text = goJson(value);
    return text === "{}" && Object.keys(value ?? {}).length === 0
      ? undefined
      : text;
  } catch (cause) {
    throw new EncodingError(
      `Field "${field.property}" cannot be written as JSON`,
      { cause },
    );
  }
}

function isStrings(value: unknown): value is readonly string[] {
  return Array.isArray(value) &&
    value.every((each) => typeof each === "string");
}

function wrong({ property }: Field, wanted: string): never {
  throw new InvalidFieldError(
    property,
    `Field "${property}" has the wrong type: expected ${wanted}`,
  );
}
