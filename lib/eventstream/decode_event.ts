/**
 * Decodes events, as written by every version of the Go event stream SDK.
 *
 * @module
 */

import { isObject } from "../core/is_object.ts";
import { withLongNumbersQuoted } from "../core/exact_json.ts";
import { DecodingError } from "./errors.ts";
import { type Field, FIELDS, NANO_KEY, type StreamEvent } from "./event.ts";
import type { StreamRecord } from "./record.ts";

/** Go reads invalid UTF-8 as U+FFFD, and does not accept a byte order mark. */
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** As all publishers write them. */
const BY_KEY = new Map(FIELDS.map((field) => [field.key, field]));
/** Go matches keys in any case. */
const BY_ANY_CASE = new Map(
  FIELDS.map((field) => [field.key.toLowerCase(), field]),
);

const NANO = /"\s*:\s*(-?\d+)/y;

/**
 * Decodes an event. Unknown keys are ignored; `null` equals absent.
 *
 * @param topic The subscribed topic, without prefix.
 * @throws {DecodingError} The value is not a JSON object, or a field has the
 * wrong type.
 */
export function decodeEvent(record: StreamRecord, topic: string): StreamEvent {
  const { value, partition, offset } = record;
  if (value === undefined || value.length === 0) {
    throw new DecodingError("Record has no value: expected a JSON object");
  }
  const text = decoder.decode(value);
  const { plain, exact } = parse(text);
  const event: Record<string, unknown> = {
    id: "",
    name: "",
    topic,
    partition,
    offset,
    key: record.key === undefined ? "" : decoder.decode(record.key),
  };
  for (const key in exact) {
    const value = exact[key];
    if (value === null) continue;
    const field = BY_KEY.get(key) ?? BY_ANY_CASE.get(key.toLowerCase());
    if (field === undefined) continue;
    const checked = field.type === "int64"
      ? exactInteger(text, key, plain[key])
      : check(field, value);
    // The publisher's topic field is ignored.
    if (field.key !== "topic") event[field.property] = checked;
  }
  // Each field is checked, including the required ones.
  return event as unknown as StreamEvent;
}

interface Parsed {
  /** The result of `JSON.parse()`. */
  readonly plain: Readonly<Record<string, unknown>>;
  /**
   * With long whole numbers as strings of their digits, except the envelope's
   * own.
   */
  readonly exact: Readonly<Record<string, unknown>>;
}

function parse(text: string): Parsed {
  const plain = parseObject(text);
  const quoted = withLongNumbersQuoted(text, { except: NANO_KEY });
  return {
    plain,
    exact: quoted === undefined ? plain : parseObject(quoted),
  };
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // The parser's message quotes the text, which may contain personal data.
    throw new DecodingError("Record's value is not JSON");
  }
  if (isObject(json)) return json;
  throw new DecodingError("Record's value is not a JSON object");
}

/**
 * `null` stands for the empty value, also in lists: older publishers write it.
 */
function check(field: Field, value: unknown): unknown {
  switch (field.type) {
    case "string":
      return typeof value === "string" ? value : wrong(field, "a string");
    case "bool":
      return typeof value === "boolean" ? value : wrong(field, "a boolean");
    case "strings":
      if (!Array.isArray(value)) return wrong(field, "an array of strings");
      return value.map((each) =>
        each === null
          ? ""
          : typeof each === "string"
          ? each
          : wrong(field, "an array of strings")
      );
    case "object":
      return typeof value === "object" && !Array.isArray(value)
        ? value
        : wrong(field, "an object");
    default:
      return Number.isSafeInteger(value) ? value : wrong(field, "an integer");
  }
}

/** Nanoseconds since the epoch have more digits than a number can represent. */
function exactInteger(text: string, key: string, value: unknown): bigint {
  if (typeof value !== "number" || !Number.isInteger(value)) {
    return wrongKey(key, "an integer");
  }
  if (Number.isSafeInteger(value)) return BigInt(value);
  const digits = onlySourceOf(text, key) ?? sourceOf(text, key);
  if (digits === undefined || !/^-?\d+$/.test(digits)) {
    return wrongKey(key, "an integer");
  }
  const exact = BigInt(digits);
  return BigInt.asIntN(64, exact) === exact
    ? exact
    : wrongKey(key, "a 64-bit integer");
}

/**
 * The number's text, if its key occurs only once: a search is cheaper than
 * parsing.
 */
function onlySourceOf(text: string, key: string): string | undefined {
  const at = text.indexOf(key);
  if (at < 0 || at !== text.lastIndexOf(key)) return undefined;
  NANO.lastIndex = at + key.length;
  return NANO.exec(text)?.[1];
}

/** The text of the envelope's own number, if the key also occurs elsewhere. */
function sourceOf(text: string, key: string): string | undefined {
  const digits = parseObject(withLongNumbersQuoted(text) ?? text)[key];
  return typeof digits === "string" ? digits : undefined;
}

function wrong({ key }: Field, wanted: string): never {
  return wrongKey(key, wanted);
}

function wrongKey(key: string, wanted: string): never {
  throw new DecodingError(
    `Field "${key}" of the record has the wrong type: expected ${wanted}`,
  );
}
