/**
 * Decodes protobuf bytes to plain objects for handlers.
 *
 * The objects have the types in `proto/`: camelCase names; scalars and lists
 * always present, with proto3's defaults; absent messages absent; 64-bit
 * integers as decimal strings, as in protobuf's JSON mapping (a number would
 * lose digits, and a bigint fails in `JSON.stringify`);
 * `google.protobuf.Struct` as plain JSON.
 *
 * @module
 */

import type { Buffer } from "node:buffer";
import protobuf from "protobufjs";
import { bufferOf } from "./buffer.ts";

/** Decodes bytes to a plain object. */
export type Decode = (bytes: Uint8Array) => Record<string, unknown>;

/** Converts a value of a decoded message to plain data. */
type Convert = (value: unknown) => unknown;

/** A decoded message: its own properties are the fields on the wire. */
type Decoded = Record<string, unknown>;

interface FieldPlan {
  readonly from: string;
  readonly to: string;
  readonly hasPresence: boolean;
  readonly convert: Convert | undefined;
}

/**
 * Creates the decoder of a message type. It is planned once, so that an event
 * pays only for the fields that it has.
 *
 * @returns A function that throws if the bytes are not a valid message.
 */
export function decoderOf(type: protobuf.Type): Decode {
  const convert = messageConverter(type, new Map());
  return (bytes) =>
    convert(type.decode(new StrictReader(bytes))) as Record<string, unknown>;
}

/** Throws on invalid UTF-8, which proto3 does not allow in strings. */
const utf8 = new TextDecoder("utf-8", { fatal: true });

/** The most bytes of a varint: 64 bits, 7 per byte. */
const MAX_VARINT = 10;

/**
 * The library's reader, which treats a field with a wrong wire type as unknown,
 * as protobuf requires; with bounds, and faster with strings.
 */
class StrictReader extends protobuf.BufferReader {
  readonly #buffer: Buffer;
  #tag = 0;

  constructor(bytes: Uint8Array) {
    const buffer = bufferOf(bytes);
    super(buffer);
    this.#buffer = buffer;
  }

  override tag(): number {
    return this.#tag = super.tag();
  }

  /** Decodes strings with Node: the library's own decoder is in JavaScript. */
  override stringVerify(): string {
    const length = this.size();
    const start = this.pos;
    this.skip(length);
    const text = this.#buffer.toString("utf8", start, this.pos);
    // The replacement character means invalid bytes, unless the text contains
    // it.
    if (text.includes("\uFFFD")) {
      utf8.decode(this.#buffer.subarray(start, this.pos));
    }
    return text;
  }

  // 64-bit integers as decimal strings at once: the library keeps the keys of
  // maps in a form of its own, in which an absent key is not the key 0.

  override int64(): protobuf.Long {
    return decimal(super.int64());
  }

  override uint64(): protobuf.Long {
    return decimal(super.uint64());
  }

  override sint64(): protobuf.Long {
    return decimal(super.sint64());
  }

  override fixed64(): protobuf.Long {
    return decimal(super.fixed64());
  }

  override sfixed64(): protobuf.Long {
    return decimal(super.sfixed64());
  }

  /**
   * For messages without fields, the library (8.8.1) passes the tag instead of
   * the field number.
   */
  override skipType(wireType: number, depth?: number): protobuf.Reader {
    return super.skipType(wireType, depth, this.#tag >>> 3);
  }

  /** The library skips a varint of any length. */
  override skip(length?: number): protobuf.Reader {
    const { pos } = this;
    super.skip(length);
    if (length === undefined && this.pos - pos > MAX_VARINT) {
      throw new RangeError(`Number has ${this.pos - pos} bytes: at ${pos}`);
    }
    return this;
  }
}

/** The library stores what its reader returns; only its types say Long. */
function decimal(value: unknown): protobuf.Long {
  return String(value) as unknown as protobuf.Long;
}

/** The property name of a proto field: `user_id` is `userId`. */
export function propertyName(fieldName: string): string {
  return protobuf.util.camelCase(fieldName);
}

function messageConverter(
  type: protobuf.Type,
  known: Map<protobuf.Type, Convert>,
): Convert {
  const special = WELL_KNOWN[type.fullName];
  if (special !== undefined) return special;
  const existing = known.get(type);
  if (existing !== undefined) return existing;
  const plans: FieldPlan[] = [];
  const convert: Convert = (message) => {
    const from = message as Decoded;
    const to: Record<string, unknown> = {};
    for (const plan of plans) {
      if (plan.hasPresence && !Object.hasOwn(from, plan.from)) continue;
      const value = from[plan.from];
      to[plan.to] = plan.convert === undefined ? value : plan.convert(value);
    }
    return to;
  };
  // Registered before its fields are planned, because a message may contain
  // itself.
  known.set(type, convert);
  for (const field of type.fieldsArray) {
    plans.push({
      from: field.name,
      to: propertyName(field.name),
      hasPresence: hasPresence(field),
      convert: fieldConverter(field.resolve(), known),
    });
  }
  return convert;
}

function hasPresence(field: protobuf.Field): boolean {
  if (field.repeated || field.map) return false;
  return field.resolvedType instanceof protobuf.Type || field.partOf !== null;
}

function fieldConverter(
  field: protobuf.Field,
  known: Map<protobuf.Type, Convert>,
): Convert | undefined {
  const one = valueConverter(field, known);
  if (field instanceof protobuf.MapField) {
    // Own properties for all keys, including `__proto__`.
    return (map) =>
      Object.fromEntries(
        Object.entries(map as Decoded).map(([key, value]) => [
          key,
          one === undefined ? value : one(value),
        ]),
      );
  }
  if (!field.repeated) return one;
  return (list) => {
    const values = list as readonly unknown[];
    // The library shares one object for all absent lists: handlers get their
    // own.
    return one === undefined ? [...values] : values.map(one);
  };
}

function valueConverter(
  field: protobuf.Field,
  known: Map<protobuf.Type, Convert>,
): Convert | undefined {
  const { resolvedType } = field;
  if (resolvedType instanceof protobuf.Type) {
    return messageConverter(resolvedType, known);
  }
  if (resolvedType instanceof protobuf.Enum) {
    const names = resolvedType.valuesById;
    // An enum value that this proto file does not know yet stays a number.
    return (value) => names[value as number] ?? value;
  }
  if (field.type in protobuf.types.long) return String;
  if (field.type === "bytes") {
    return (value) => new Uint8Array(value as Uint8Array);
  }
  return undefined;
}

const WELL_KNOWN: Readonly<Record<string, Convert>> = {
  ".google.protobuf.Struct": plainStruct,
  ".google.protobuf.Value": plainValue,
  ".google.protobuf.ListValue": plainList,
  ".google.protobuf.Timestamp": plainTimestamp,
  ".google.protobuf.DoubleValue": plainWrapper,
  ".google.protobuf.FloatValue": plainWrapper,
  ".google.protobuf.Int64Value": (wrapper) => String(plainWrapper(wrapper)),
  ".google.protobuf.UInt64Value": (wrapper) => String(plainWrapper(wrapper)),
  ".google.protobuf.Int32Value": plainWrapper,
  ".google.protobuf.UInt32Value": plainWrapper,
  ".google.protobuf.BoolValue": plainWrapper,
  ".google.protobuf.StringValue": plainWrapper,
  ".google.protobuf.BytesValue": (wrapper) =>
    new Uint8Array(plainWrapper(wrapper) as Uint8Array),
};

function plainWrapper(wrapper: unknown): unknown {
  return (wrapper as { value: unknown }).value;
}

function plainStruct(struct: unknown): unknown {
  const { fields } = struct as { fields: Decoded };
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [key, plainValue(value)]),
  );
}

function plainList(list: unknown): unknown {
  return (list as { values: readonly unknown[] }).values.map(plainValue);
}

function plainValue(value: unknown): unknown {
  const { numberValue, stringValue, boolValue, structValue, listValue } =
    value as Decoded;
  const own = (name: string) => Object.hasOwn(value as object, name);
  if (own("stringValue")) return stringValue;
  if (own("numberValue")) return numberValue;
  if (own("boolValue")) return boolValue;
  if (own("structValue")) return plainStruct(structValue);
  if (own("listValue")) return plainList(listValue);
  return null;
}

/** The years 1 to 9999, the range of RFC 3339: seconds since the epoch. */
const FIRST_SECOND = -62_135_596_800;
const LAST_SECOND = 253_402_300_799;

function plainTimestamp(timestamp: unknown): unknown {
  const { seconds, nanos } = timestamp as { seconds: unknown; nanos: number };
  const whole = Number(seconds);
  if (whole < FIRST_SECOND || whole > LAST_SECOND) {
    throw new RangeError(`Timestamp is out of range: ${seconds} s`);
  }
  if (nanos < 0 || nanos > 999_999_999) {
    throw new RangeError(`Timestamp is out of range: ${nanos} ns`);
  }
  const fraction = nanos === 0
    ? ""
    : `.${String(nanos).padStart(9, "0").replace(/(000)+$/, "")}`;
  return new Date(whole * 1_000).toISOString().replace(".000Z", `${fraction}Z`);
}
