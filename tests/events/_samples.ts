/**
 * Messages as fast-check makes them up: the bytes, and what a handler gets of them.
 *
 * @module
 */

import fc from "fast-check";
import protobuf from "protobufjs";
import { propertyName } from "../../lib/events/message_codec.ts";
import * as wire from "../grpc/_wire.ts";

/** A message: its bytes, and what it decodes to. */
export interface Sample {
  readonly bytes: Uint8Array;
  readonly plain: unknown;
}

/** A value of a field: its bytes without tag, and what it decodes to. */
type Value = Sample;

interface Kind {
  readonly wireType: wire.WireType;
  readonly values: fc.Arbitrary<Value>;
  /** What it is when it is not on the wire. */
  readonly zero: unknown;
}

function kind<T>(
  wireType: wire.WireType,
  values: fc.Arbitrary<T>,
  write: (value: T) => Uint8Array,
  plain: (value: T) => unknown,
  zero: unknown,
): Kind {
  const toValue = (value: T) => ({ bytes: write(value), plain: plain(value) });
  return { wireType, values: values.map(toValue), zero };
}

const same = (value: unknown) => value;
const long = (min: bigint, max: bigint) => fc.bigInt({ min, max });
const signed32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const unsigned32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const signed64 = long(-(2n ** 63n), 2n ** 63n - 1n);
const unsigned64 = long(0n, 2n ** 64n - 1n);

/** Text of any characters, and what JavaScript's own objects call their parts. */
export const texts: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: "binary", maxLength: 12 }),
  fc.constantFrom("__proto__", "constructor", "toString", "hasOwnProperty", ""),
);

const SCALARS: Readonly<Record<string, Kind>> = {
  double: kind(1, fc.double(), wire.double, same, 0),
  float: kind(5, fc.float(), wire.float, same, 0),
  int32: kind(0, signed32, wire.varint, same, 0),
  int64: kind(0, signed64, wire.varint, String, "0"),
  uint32: kind(0, unsigned32, wire.varint, same, 0),
  uint64: kind(0, unsigned64, wire.varint, String, "0"),
  sint32: kind(0, signed32, wire.zigzag, same, 0),
  sint64: kind(0, signed64, wire.zigzag, String, "0"),
  fixed32: kind(5, unsigned32, wire.fixed32, same, 0),
  fixed64: kind(1, unsigned64, wire.fixed64, String, "0"),
  sfixed32: kind(5, signed32, wire.fixed32, same, 0),
  sfixed64: kind(1, signed64, wire.fixed64, String, "0"),
  bool: kind(
    0,
    fc.boolean(),
    (value) => wire.varint(value ? 1 : 0),
    same,
    false,
  ),
  string: kind(2, texts, wire.text, same, ""),
  bytes: kind(
    2,
    fc.uint8Array({ maxLength: 12 }),
    wire.delimited,
    (value) => new Uint8Array(value),
    new Uint8Array(),
  ),
};

/** How deep messages that contain themselves are made. */
const MAX_DEPTH = 2;

/**
 * Any message of a type: fields in any order, absent or there, lists packed or not,
 * scalars written twice, fields that the type does not have.
 */
export function samples(
  type: protobuf.Type,
  depth = MAX_DEPTH,
): fc.Arbitrary<Sample> {
  const choices = new Map<protobuf.OneOf, protobuf.Field[]>();
  const parts: fc.Arbitrary<Part>[] = [];
  for (const field of type.fieldsArray) {
    field.resolve();
    const oneof = field.partOf;
    if (oneof === null || oneof.fieldsArray.length === 1) {
      parts.push(fieldParts(field, depth));
    } else {
      choices.set(oneof, [...choices.get(oneof) ?? [], field]);
    }
  }
  for (const members of choices.values()) {
    parts.push(fc.oneof(...members.map((field) => fieldParts(field, depth))));
  }
  const shuffled = fc.tuple(...parts).chain((made) =>
    fc.shuffledSubarray(made, { minLength: made.length })
  );
  return fc.tuple(shuffled, unknownRecords).map(([made, unknown]) => ({
    bytes: wire.concat(
      ...made.flatMap(({ records }) => records),
      unknown,
    ),
    plain: Object.fromEntries(made.flatMap(({ entry }) => entry)),
  }));
}

/** A field of a message: its records, and the property it becomes, if any. */
interface Part {
  readonly records: readonly Uint8Array[];
  readonly entry: readonly (readonly [string, unknown])[];
}

/** What a newer version of the proto file may send. */
const unknownRecords = fc.oneof(
  { weight: 3, arbitrary: fc.constant(new Uint8Array()) },
  {
    weight: 1,
    arbitrary: fc.uint8Array({ maxLength: 8 }).map((content) =>
      wire.nested(1_000, content)
    ),
  },
  {
    weight: 1,
    arbitrary: unsigned64.map((value) =>
      wire.record(2_000, 0, wire.varint(value))
    ),
  },
);

function fieldParts(
  field: protobuf.Field,
  depth: number,
): fc.Arbitrary<Part> {
  const name = propertyName(field.name);
  const one = kindOf(field.type, field.resolvedType, depth);
  const part = (records: readonly Uint8Array[], value: unknown): Part => ({
    records,
    entry: [[name, value]],
  });
  if (field instanceof protobuf.MapField) {
    return mapEntries(field, one).map((entries) =>
      part(
        entries.map(({ bytes }) => wire.nested(field.id, bytes)),
        Object.fromEntries(entries.map(({ plain }) => plain as Entry)),
      )
    );
  }
  if (field.repeated) {
    return fc.array(one?.values ?? fc.constant(NEVER), listSize(one)).chain((
      values,
    ) =>
      listRecords(field, one, values).map((records) =>
        part(records, values.map(({ plain }) => plain))
      )
    );
  }
  const isImplicit = !(field.resolvedType instanceof protobuf.Type) &&
    field.partOf === null;
  const absent: Part = isImplicit
    ? part([], one?.zero)
    : { records: [], entry: [] };
  if (one === undefined) return fc.constant(absent);
  // Of a scalar that is written twice the last one counts.
  const maxLength = field.resolvedType instanceof protobuf.Type ? 1 : 2;
  return fc.array(one.values, { maxLength }).map((values) => {
    const last = values.at(-1);
    if (last === undefined) return absent;
    const records = values.map(({ bytes }) =>
      wire.record(field.id, one.wireType, bytes)
    );
    return part(records, last.plain);
  });
}

/** Stands where a message is too deep to be made: its list is empty. */
const NEVER: Value = { bytes: new Uint8Array(), plain: undefined };

function listSize(one: Kind | undefined): { readonly maxLength: number } {
  return { maxLength: one === undefined ? 0 : 3 };
}

function listRecords(
  field: protobuf.Field,
  one: Kind | undefined,
  values: readonly Value[],
): fc.Arbitrary<readonly Uint8Array[]> {
  const wireType = one?.wireType ?? 2;
  const each = values.map(({ bytes }) =>
    wire.record(field.id, wireType, bytes)
  );
  if (wireType === 2) return fc.constant(each);
  const packed = (some: readonly Value[]) =>
    wire.nested(field.id, wire.concat(...some.map(({ bytes }) => bytes)));
  return fc.constantFrom(
    each,
    [packed(values)],
    // As two halves: a sender may pack a list in several pieces.
    [packed(values.slice(0, 1)), packed(values.slice(1))],
  );
}

type Entry = readonly [key: string, value: unknown];

/** Entries of a map; now and then without key or value, or the value first. */
function mapEntries(
  field: protobuf.MapField,
  value: Kind | undefined,
): fc.Arbitrary<readonly Sample[]> {
  const key = SCALARS[field.keyType];
  if (value === undefined || key === undefined) return fc.constant([]);
  const entry = fc.tuple(
    fc.option(key.values, { nil: undefined, freq: 5 }),
    fc.option(value.values, { nil: undefined, freq: 5 }),
    fc.boolean(),
  ).map(([k, v, isReversed]) => {
    const records = [
      ...k === undefined ? [] : [wire.record(1, key.wireType, k.bytes)],
      ...v === undefined ? [] : [wire.record(2, value.wireType, v.bytes)],
    ];
    return {
      bytes: wire.concat(...isReversed ? records.reverse() : records),
      plain: [
        String(k === undefined ? key.zero : k.plain),
        v === undefined ? value.zero : v.plain,
      ],
    };
  });
  // Of entries with the same key the last one counts, except that the library cannot
  // tell the order of a 64-bit key that is 0 and one that is not on the wire.
  return field.keyType in protobuf.types.long
    ? fc.uniqueArray(entry, { maxLength: 3, selector: ({ plain }) => plain[0] })
    : fc.array(entry, { maxLength: 3 });
}

/** `undefined` when the message would be too deep. */
function kindOf(
  name: string,
  type: protobuf.Type | protobuf.Enum | null,
  depth: number,
): Kind | undefined {
  if (type === null) return SCALARS[name];
  if (type instanceof protobuf.Enum) return enumKind(type);
  const google = GOOGLE[type.fullName];
  if (google !== undefined) return message(google, ZERO[type.fullName]);
  if (depth === 0) return undefined;
  return message(samples(type, depth - 1), emptyOf(type));
}

function message(made: fc.Arbitrary<Sample>, zero: unknown): Kind {
  const values = made.map(({ bytes, plain }) => ({
    bytes: wire.delimited(bytes),
    plain,
  }));
  return { wireType: 2, values, zero };
}

/** What a message of no bytes is: scalars and lists with their defaults. */
function emptyOf(type: protobuf.Type): unknown {
  return Object.fromEntries(type.fieldsArray.flatMap((field) => {
    field.resolve();
    const name = propertyName(field.name);
    if (field.map) return [[name, {}]];
    if (field.repeated) return [[name, []]];
    if (field.resolvedType instanceof protobuf.Type || field.partOf !== null) {
      return [];
    }
    return [[name, kindOf(field.type, field.resolvedType, 0)?.zero]];
  }));
}

function enumKind(type: protobuf.Enum): Kind {
  const known = Object.entries(type.values).map(([name, number]) => ({
    bytes: wire.varint(number),
    plain: name as unknown,
  }));
  const unknown = fc.constantFrom(99, -99, 2 ** 31 - 1).map((number) => ({
    bytes: wire.varint(number),
    plain: number as unknown,
  }));
  return {
    wireType: 0,
    values: fc.oneof(fc.constantFrom(...known), unknown),
    zero: type.valuesById[0],
  };
}

type Json =
  | null
  | number
  | string
  | boolean
  | readonly Json[]
  | { readonly [name: string]: Json };

const { json } = fc.letrec<{ json: Json }>((tie) => ({
  json: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constant(null),
    fc.double({ noNaN: true }),
    texts,
    fc.boolean(),
    fc.array(tie("json"), { maxLength: 3 }),
    fc.array(fc.tuple(texts, tie("json")), { maxLength: 3 })
      .map((entries) => Object.fromEntries(entries)),
  ),
}));

/** Any JSON value. */
export const jsonValues: fc.Arbitrary<Json> = json;

/** Any JSON object. */
export const jsonObjects: fc.Arbitrary<{ readonly [name: string]: Json }> = fc
  .array(fc.tuple(texts, json), { maxLength: 3 })
  .map((entries) => Object.fromEntries(entries));

/** The bytes of a `google.protobuf.Value`. */
export function valueBytes(value: Json): Uint8Array {
  if (value === null) return wire.record(1, 0, wire.varint(0));
  if (typeof value === "number") return wire.record(2, 1, wire.double(value));
  if (typeof value === "string") return wire.record(3, 2, wire.text(value));
  if (typeof value === "boolean") {
    return wire.record(4, 0, wire.varint(value ? 1 : 0));
  }
  return Array.isArray(value)
    ? wire.nested(6, listBytes(value))
    : wire.nested(5, structBytes(value as { [name: string]: Json }));
}

/** The bytes of a `google.protobuf.Struct`. */
export function structBytes(
  object: { readonly [name: string]: Json },
): Uint8Array {
  return wire.concat(
    ...Object.entries(object).map(([key, value]) =>
      wire.nested(
        1,
        wire.concat(
          wire.record(1, 2, wire.text(key)),
          wire.nested(2, valueBytes(value)),
        ),
      )
    ),
  );
}

function listBytes(values: readonly Json[]): Uint8Array {
  return wire.concat(
    ...values.map((value) => wire.nested(1, valueBytes(value))),
  );
}

/** Years 1 to 9999, which is all that RFC 3339 can write. */
const times = fc.record({
  seconds: fc.integer({ min: -62_135_596_800, max: 253_402_300_799 }),
  nanos: fc.oneof(
    fc.constantFrom(0, 1, 1_000, 1_000_000, 999_999_999),
    fc.integer({ min: 0, max: 999_999_999 }),
  ),
}).map(({ seconds, nanos }) => ({
  bytes: wire.concat(
    wire.record(1, 0, wire.varint(seconds)),
    wire.record(2, 0, wire.varint(nanos)),
  ),
  plain: rfc3339(seconds, nanos),
}));

/** As protobuf's JSON has times: no fraction, or one of 3, 6 or 9 digits. */
function rfc3339(seconds: number, nanos: number): string {
  const whole = new Date(seconds * 1_000).toISOString().slice(0, 19);
  const digits = String(nanos).padStart(9, "0");
  const length = [9, 6, 3].find((each) => Number(digits.slice(each - 3, each)));
  return `${whole}${
    length === undefined ? "" : `.${digits.slice(0, length)}`
  }Z`;
}

function wrapper(name: string): fc.Arbitrary<Sample> {
  const { values, wireType, zero } = SCALARS[name]!;
  return fc.option(values, { nil: undefined }).map((value) =>
    value === undefined
      ? { bytes: new Uint8Array(), plain: zero }
      : { bytes: wire.record(1, wireType, value.bytes), plain: value.plain }
  );
}

const GOOGLE: Readonly<Record<string, fc.Arbitrary<Sample>>> = {
  ".google.protobuf.Struct": jsonObjects.map((plain) => ({
    bytes: structBytes(plain),
    plain,
  })),
  ".google.protobuf.Value": fc.oneof(
    json.map((plain) => ({ bytes: valueBytes(plain), plain })),
    fc.constant({ bytes: new Uint8Array(), plain: null }),
  ),
  ".google.protobuf.ListValue": fc.array(json, { maxLength: 3 }).map((
    plain,
  ) => ({ bytes: listBytes(plain), plain })),
  ".google.protobuf.Timestamp": times,
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

/** What a map has for an entry whose value is not on the wire. */
const ZERO: Readonly<Record<string, unknown>> = {
  ".google.protobuf.Struct": {},
  ".google.protobuf.Value": null,
  ".google.protobuf.ListValue": [],
  ".google.protobuf.Timestamp": "1970-01-01T00:00:00Z",
};
