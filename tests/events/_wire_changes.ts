/**
 * Messages in which records come with another wire type than their field's, and the
 * same messages without those records. By protobuf's specification and descriptors
 * that protoc made: nothing here comes from the decoder under test or its library.
 *
 * @module
 */

import {
  type DescField,
  type DescMessage,
  ScalarType,
} from "@bufbuild/protobuf";
import fc from "fast-check";
import * as wire from "../grpc/_wire.ts";

/** A record that stands for another one. */
export interface Change {
  /** Which record: its index among all, those of messages inside included. */
  readonly at: number;
  readonly wireType: wire.WireType;
  readonly content: Uint8Array;
}

/** A record; those of a message inside it are its own. */
interface WireRecord {
  readonly field: number;
  wireType: wire.WireType;
  content: Uint8Array;
  readonly inside: readonly WireRecord[] | undefined;
  readonly known: Known | undefined;
  isChanged: boolean;
}

/** Any change; contents are whole, and some look like records themselves. */
export const changes: fc.Arbitrary<Change> = fc.tuple(
  fc.nat(),
  fc.oneof(
    fc.record({
      wireType: fc.constant<wire.WireType>(0),
      content: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(wire.varint),
    }),
    fc.record({
      wireType: fc.constant<wire.WireType>(1),
      content: fc.uint8Array({ minLength: 8, maxLength: 8 }),
    }),
    fc.record({
      wireType: fc.constant<wire.WireType>(2),
      // Whole as a packed list of any kind: the other decoder reads on behind its end.
      content: fc.oneof(
        fc.array(fc.nat({ max: 0x7f }), { minLength: 16, maxLength: 16 })
          .map((bytes) => new Uint8Array(bytes)),
        fc.integer({ min: 1, max: 15 }).map((field) =>
          wire.record(field, 2, wire.text("user-who-evil!"))
        ),
      ).map(wire.delimited),
    }),
    fc.record({
      wireType: fc.constant<wire.WireType>(3),
      content: fc.constant(wire.record(9, 2, wire.text("evil-user"))),
    }),
    fc.record({
      wireType: fc.constant<wire.WireType>(5),
      content: fc.uint8Array({ minLength: 4, maxLength: 4 }),
    }),
  ),
).map(([at, change]) => ({ at, ...change }));

/** A message that was changed. */
export interface Changed {
  /** With its changes. */
  readonly bytes: Uint8Array;
  /** Without the records that their fields' types cannot be. */
  readonly known: Uint8Array;
}

/** Changes records of a message whose bytes are whole. */
export function change(
  desc: DescMessage,
  bytes: Uint8Array,
  all: readonly Change[],
): Changed {
  const records = read(fieldsOf(desc), bytes);
  const flat = flatten(records);
  for (const { at, wireType, content } of flat.length === 0 ? [] : all) {
    const record = flat[at % flat.length]!;
    // Not the wrong type for a message, and the content would be any.
    if (wireType === 2 && record.known?.fields !== undefined) continue;
    Object.assign(record, { wireType, content, isChanged: true });
  }
  return { bytes: write(records), known: write(records, isKnown) };
}

function flatten(records: readonly WireRecord[]): readonly WireRecord[] {
  return records.flatMap((record) => [
    record,
    ...flatten(record.inside ?? []),
  ]);
}

/** What is known of a field. */
interface Known {
  readonly wireTypes: readonly wire.WireType[];
  /** The fields of the message that it holds. */
  readonly fields?: () => Fields;
}

type Fields = ReadonlyMap<number, Known>;

function fieldsOf(desc: DescMessage): Fields {
  return new Map(desc.fields.map((field) => [field.number, knownOf(field)]));
}

function knownOf(field: DescField): Known {
  const wireTypes = wireTypesOf(field);
  if (field.fieldKind === "map") {
    const { mapKey, scalar, message } = field;
    const entry: Fields = new Map([
      [1, { wireTypes: [wireTypeOf(mapKey)] }],
      [2, {
        wireTypes: [message === undefined ? wireTypeOf(scalar) : 2],
        ...(message !== undefined && { fields: () => fieldsOf(message) }),
      }],
    ]);
    return { wireTypes, fields: () => entry };
  }
  const { message } = field;
  return message === undefined
    ? { wireTypes }
    : { wireTypes, fields: () => fieldsOf(message) };
}

/** The wire types by which a field is known; others make it an unknown one. */
export function wireTypesOf(field: DescField): readonly wire.WireType[] {
  if (field.fieldKind === "map" || field.message !== undefined) return [2];
  const own = wireTypeOf(field.scalar);
  // A list of numbers comes packed or not.
  return field.fieldKind === "list" && own !== 2 ? [own, 2] : [own];
}

/** @param scalar None for an enum. */
function wireTypeOf(scalar: ScalarType | undefined): wire.WireType {
  return scalar === undefined ? 0 : WIRE_TYPES.get(scalar) ?? 0;
}

function read(fields: Fields, bytes: Uint8Array): readonly WireRecord[] {
  const records: WireRecord[] = [];
  let at = 0;
  const varint = () => {
    let value = 0n;
    for (let shift = 0n;; shift += 7n) {
      const byte = bytes[at++]!;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    const [field, wireType] = [tag >>> 3, (tag & 7) as wire.WireType];
    const known = fields.get(field);
    const start = at;
    let inside: readonly WireRecord[] | undefined;
    if (wireType === 0) varint();
    else if (wireType === 2) {
      const length = Number(varint());
      const inner = bytes.subarray(at, at + length);
      at += length;
      inside = known?.fields && read(known.fields(), inner);
    } else at += wireType === 1 ? 8 : 4;
    const content = bytes.subarray(start, at);
    records.push({ field, wireType, content, inside, known, isChanged: false });
  }
  return records;
}

const WIRE_TYPES: ReadonlyMap<ScalarType, wire.WireType> = new Map([
  [ScalarType.DOUBLE, 1],
  [ScalarType.FIXED64, 1],
  [ScalarType.SFIXED64, 1],
  [ScalarType.FLOAT, 5],
  [ScalarType.FIXED32, 5],
  [ScalarType.SFIXED32, 5],
  [ScalarType.STRING, 2],
  [ScalarType.BYTES, 2],
]);

function isKnown({ known, wireType }: WireRecord): boolean {
  return known !== undefined && known.wireTypes.includes(wireType);
}

function write(
  records: readonly WireRecord[],
  keep: (record: WireRecord) => boolean = () => true,
): Uint8Array {
  return wire.concat(
    ...records.filter(keep).map((record) => {
      const { field, wireType, content, inside, isChanged } = record;
      if (inside !== undefined && !isChanged) {
        return wire.nested(field, write(inside, keep));
      }
      const end = wireType === 3
        ? wire.record(field, 4, new Uint8Array())
        : new Uint8Array();
      return wire.concat(wire.record(field, wireType, content), end);
    }),
  );
}
