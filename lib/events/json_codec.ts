/**
 * Decodes JSON to plain objects for handlers, identical to what
 * `message_codec.ts` decodes from the bytes of the same message.
 *
 * A field may have any of its names: the JSON name in the proto file
 * (`json_name`), the property's, and the proto file's own. `null` counts as
 * absent. Fields that the message does not define are ignored and counted.
 *
 * Why not `fromJson` of @bufbuild/protobuf: it needs compiled descriptors,
 * while the proto files are read as text at start; it does not count unknown
 * fields; and its messages (bigint, `$typeName`) would need a second
 * conversion.
 *
 * @module
 */

import { isObject } from "../core/is_object.ts";
import protobuf from "protobufjs";
import { jsonScalar, SCALAR_ZEROS } from "./json_scalar.ts";
import { wellKnownJson } from "./json_well_known.ts";
import { propertyName } from "./message_codec.ts";

/** A decoded JSON message. */
export interface DecodedJson {
  /** The data for the handler. */
  readonly data: Record<string, unknown>;
  /**
   * The number of non-empty fields that the message does not define, at any
   * depth.
   */
  readonly unknownFields: number;
}

/**
 * Decodes a message from JSON, as parsed by `parseExactJson()`.
 *
 * @throws {TypeError} A field's value has the wrong type. The message shows no
 * value.
 * @throws {RangeError} A number is too large for its field.
 */
export type DecodeJson = (json: unknown) => DecodedJson;

/** Counts during the decoding of one message. */
interface Count {
  unknownFields: number;
}

/** Converts a value to plain data. */
type Convert = (value: unknown, count: Count) => unknown;

interface FieldPlan {
  readonly to: string;
  /** The other fields of its `oneof`; often none. */
  readonly rivals: readonly string[];
  readonly convert: Convert;
}

/** A message type: its fields, and the values of absent ones. */
interface MessagePlan {
  readonly fields: Map<string, FieldPlan>;
  readonly zeros: (readonly [to: string, zero: () => unknown])[];
}

/** Creates the decoder of a message type, planned once. */
export function jsonDecoderOf(type: protobuf.Type): DecodeJson {
  const convert = messageConverter(type, new Map());
  return (json) => {
    const count = { unknownFields: 0 };
    const data = convert(json, count) as Record<string, unknown>;
    return { data, unknownFields: count.unknownFields };
  };
}

function messageConverter(
  type: protobuf.Type,
  known: Map<protobuf.Type, Convert>,
): Convert {
  const special = wellKnownJson(type.fullName);
  if (special !== undefined) return special;
  const existing = known.get(type);
  if (existing !== undefined) return existing;
  const plan: MessagePlan = { fields: new Map(), zeros: [] };
  const convert: Convert = (json, count) =>
    convertMessage(plan, json, { type, count });
  // Registered before its fields are planned, because a message may contain
  // itself.
  known.set(type, convert);
  for (const field of type.fieldsArray) planField(plan, field, known);
  return convert;
}

function planField(
  plan: MessagePlan,
  field: protobuf.Field,
  known: Map<protobuf.Type, Convert>,
): void {
  field.resolve();
  const to = propertyName(field.name);
  const rivals = (field.partOf?.oneof ?? [])
    .filter((name) => name !== field.name).map(propertyName);
  const fieldPlan = { to, rivals, convert: fieldConverter(field, known) };
  const names = [field.name, to, field.options?.json_name];
  for (const name of names) {
    if (typeof name === "string") plan.fields.set(name, fieldPlan);
  }
  const zero = zeroOf(field);
  if (zero !== undefined) plan.zeros.push([to, zero]);
}

function convertMessage(
  { fields, zeros }: MessagePlan,
  json: unknown,
  { type, count }: { readonly type: protobuf.Type; readonly count: Count },
): unknown {
  if (!isObject(json)) {
    throw new TypeError(`Message "${type.name}" is not a JSON object`);
  }
  const data: Record<string, unknown> = {};
  for (const key of Object.keys(json)) {
    const field = fields.get(key);
    if (field === undefined) {
      if (json[key] !== null && json[key] !== "") count.unknownFields++;
      continue;
    }
    const value = field.convert(json[key], count);
    if (value === undefined) continue;
    for (const rival of field.rivals) delete data[rival];
    data[field.to] = value;
  }
  for (const [to, zero] of zeros) {
    if (!Object.hasOwn(data, to)) data[to] = zero();
  }
  return data;
}

/** The value of an absent field; `undefined` if the property is then absent. */
function zeroOf(field: protobuf.Field): (() => unknown) | undefined {
  if (field.map) return () => ({});
  if (field.repeated) return () => [];
  const { resolvedType } = field;
  if (resolvedType instanceof protobuf.Type || field.partOf !== null) {
    return undefined;
  }
  return scalarZero(field);
}

function scalarZero({ type, resolvedType }: protobuf.Field): () => unknown {
  if (resolvedType instanceof protobuf.Enum) {
    const zero = resolvedType.valuesById[0] ?? 0;
    return () => zero;
  }
  if (type === "bytes") return () => new Uint8Array();
  const zero = SCALAR_ZEROS[type];
  return () => zero;
}

/** Converts a field; `undefined` stands for an absent one. */
function fieldConverter(
  field: protobuf.Field,
  known: Map<protobuf.Type, Convert>,
): Convert {
  const one = valueConverter(field, known);
  if (field instanceof protobuf.MapField) {
    return (value, count) => {
      if (value === null) return undefined;
      if (!isObject(value)) throw wrong(field, "an object");
      return Object.fromEntries(
        Object.entries(value).map(([key, each]) => [key, one(each, count)]),
      );
    };
  }
  if (field.repeated) {
    return (value, count) => {
      if (value === null) return undefined;
      if (!Array.isArray(value)) throw wrong(field, "a list");
      return value.map((each) => one(each, count));
    };
  }
  if (field.resolvedType?.fullName === ".google.protobuf.Value") return one;
  return (value, count) => value === null ? undefined : one(value, count);
}

/**
 * Converts one value. For lists and maps `null` means empty, as Go writes it.
 */
function valueConverter(
  field: protobuf.Field,
  known: Map<protobuf.Type, Convert>,
): Convert {
  const { resolvedType } = field;
  if (resolvedType instanceof protobuf.Type) {
    const convert = messageConverter(resolvedType, known);
    if (wellKnownJson(resolvedType.fullName) !== undefined) return convert;
    return (value, count) => convert(value ?? {}, count);
  }
  const zero = scalarZero(field);
  if (resolvedType instanceof protobuf.Enum) {
    const { values, valuesById } = resolvedType;
    return (value) => {
      if (value === null) return zero();
      if (typeof value === "number") return valuesById[value] ?? value;
      // An enum name that this proto file does not know yet stays unchanged.
      if (typeof value === "string") {
        return valuesById[values[value] ?? NaN] ?? value;
      }
      throw wrong(field, "a name or a number");
    };
  }
  const read = jsonScalar(field.type);
  return (value) => {
    if (value === null) return zero();
    const plain = read(value);
    if (plain === undefined) throw wrong(field, field.type);
    return plain;
  };
}

function wrong({ name, parent }: protobuf.Field, wanted: string): TypeError {
  return new TypeError(
    `Field "${name}" of "${parent?.name}" has the wrong type: expected ${wanted}`,
  );
}
