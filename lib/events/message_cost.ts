/**
 * Estimates the memory of a decoded message from its bytes.
 *
 * @module
 */

import protobuf from "protobufjs";
import { type JsonCosts, PARSED_JSON } from "../core/json_cost.ts";
import { bufferOf } from "./buffer.ts";

/** Estimates the memory of a message. */
export type MessageCost = (bytes: Uint8Array) => number;

/**
 * The most that the parts of a decoded message take in V8, in bytes. They were
 * measured: `tests/events/message_cost_test.ts` decodes the most expensive
 * messages and compares.
 */
const COSTS = {
  /** An object, without its properties. */
  object: 64,
  /** A property of an object with many: an entry in a table. */
  property: 8,
  propertyOfMany: 96,
  /** An empty list or map: every message has all of its own. */
  list: 48,
  map: 128,
  /** Any value: its slot, and a number or a string header. */
  value: 40,
  /** A 64-bit number, as text. */
  long: 144,
  /** A map entry, without its key, which gives the map a new shape. */
  entry: 144,
  /** A well-known type, such as a time: it becomes text. */
  wellKnown: 96,
  /** A bytes value, besides its content. */
  bytes: 256,
} as const;

/**
 * Messages that become JSON values: they exist until the enclosing message is
 * decoded.
 */
const ANY_JSON = /^\.google\.protobuf\.(Struct|Value|ListValue)$/;

/**
 * Per byte of a string: one non-Latin character makes all of it two bytes wide.
 */
const CHARACTER = 2;

/** The number of properties from which an object becomes a table. */
const MANY = 100;

/** The cost of a field. */
interface FieldCost {
  readonly wireType: number;
  /** Whether its values may be packed into one record. */
  readonly isPackable: boolean;
  readonly value: number;
  /** Per byte of its value. */
  readonly byte: number;
  /** The type of its message. */
  readonly message: MessagePlan | undefined;
  /**
   * Whether that is a map entry, which the decoder does not treat as a message.
   */
  readonly isEntry: boolean;
}

/** A message type: its own cost, and its fields by number. */
interface MessagePlan {
  base: number;
  readonly fields: Map<number, FieldCost>;
}

/** The position within a message. */
interface Scan {
  readonly reader: protobuf.Reader;
  cost: number;
}

/**
 * Plans the estimate for messages of a type.
 *
 * @param type The type.
 * @returns The estimator, which gives an upper estimate. For invalid bytes, it
 * counts as far as the decoder would get.
 */
export function messageCostOf(type: protobuf.Type): MessageCost {
  const plan = planOf(type, new Map());
  return (bytes) => {
    // The decoder's own reader, so that both refuse the same bytes.
    const reader = new protobuf.BufferReader(bufferOf(bytes));
    const scan: Scan = { reader, cost: bytes.length };
    try {
      scanMessage(scan, plan, { end: bytes.length, depth: 0 });
    } catch (error) {
      if (!(error instanceof Error)) throw error;
    }
    return scan.cost;
  };
}

function planOf(
  type: protobuf.Type,
  known: Map<protobuf.Type, MessagePlan>,
): MessagePlan {
  const existing = known.get(type);
  if (existing !== undefined) return existing;
  const plan: MessagePlan = { base: 0, fields: new Map() };
  // Registered before its fields are planned, because a message may contain
  // itself.
  known.set(type, plan);
  for (const field of type.fieldsArray) {
    field.resolve();
    plan.fields.set(field.id, fieldCost(field, known));
  }
  plan.base = baseOf(type);
  return plan;
}

/** The cost of an empty message. */
function baseOf({ fullName, fieldsArray: fields }: protobuf.Type): number {
  if (ANY_JSON.test(fullName)) return COSTS.object;
  if (fullName.startsWith(".google.protobuf.")) return COSTS.wellKnown;
  const property = fields.length < MANY ? COSTS.property : COSTS.propertyOfMany;
  return fields.reduce<number>(
    (cost, field) => cost + property + emptyOf(field),
    COSTS.object,
  );
}

function emptyOf({ repeated, map, type }: protobuf.Field): number {
  if (map) return COSTS.map;
  if (repeated) return COSTS.list;
  return type === "bytes" ? COSTS.bytes : 0;
}

function fieldCost(
  field: protobuf.Field,
  known: Map<protobuf.Type, MessagePlan>,
): FieldCost {
  const value = valueCost(field, known);
  if (!(field instanceof protobuf.MapField)) return value;
  const key = { type: field.keyType, resolvedType: null, repeated: false };
  return {
    wireType: 2,
    isPackable: false,
    // An entry may lack its value, which is then empty.
    value: COSTS.entry + valueOfNothing(field),
    byte: 0,
    isEntry: true,
    message: {
      base: 0,
      fields: new Map([[1, valueCost(key, known)], [2, value]]),
    },
  };
}

function valueOfNothing({ type, resolvedType }: protobuf.Field): number {
  if (resolvedType instanceof protobuf.Type) return baseOf(resolvedType);
  return type === "bytes" ? COSTS.bytes : 0;
}

function valueCost(
  { type, resolvedType, repeated }: Pick<
    protobuf.Field,
    "type" | "resolvedType" | "repeated"
  >,
  known: Map<protobuf.Type, MessagePlan>,
): FieldCost {
  if (resolvedType instanceof protobuf.Type) {
    return {
      wireType: 2,
      isPackable: false,
      value: COSTS.value,
      byte: 0,
      message: planOf(resolvedType, known),
      isEntry: false,
    };
  }
  const wireType = resolvedType === null ? WIRE_TYPES[type] ?? 0 : 0;
  return {
    wireType,
    isPackable: repeated && wireType !== 2,
    value: type === "bytes"
      ? COSTS.bytes
      : type in protobuf.types.long
      ? COSTS.long
      : COSTS.value,
    byte: wireType === 2 ? CHARACTER : 0,
    message: undefined,
    isEntry: false,
  };
}

/** Wire types of scalars other than varints. */
const WIRE_TYPES: Readonly<Record<string, number>> = {
  double: 1,
  fixed64: 1,
  sfixed64: 1,
  string: 2,
  bytes: 2,
  float: 5,
  fixed32: 5,
  sfixed32: 5,
};

interface Extent {
  /** The end of the message. */
  readonly end: number;
  /** The nesting depth. */
  readonly depth: number;
}

function scanMessage(
  scan: Scan,
  plan: MessagePlan,
  { end, depth }: Extent,
): void {
  const { reader } = scan;
  if (depth > protobuf.Reader.recursionLimit) {
    throw new RangeError("Message nests too deep");
  }
  scan.cost += plan.base;
  while (reader.pos < end) {
    const tag = reader.tag();
    const wireType = tag & 7;
    const field = plan.fields.get(tag >>> 3);
    if (field?.wireType === wireType) {
      scan.cost += field.value;
      if (wireType === 2) scanContent(scan, field, depth);
      else reader.skipType(wireType);
    } else if (wireType === 2 && field?.isPackable) {
      scanPacked(scan, field);
    } else reader.skipType(wireType, depth, tag >>> 3);
  }
  if (reader.pos > end) throw new RangeError("Message is truncated");
}

function scanContent(scan: Scan, field: FieldCost, depth: number): void {
  const { reader } = scan;
  const length = reader.size();
  const end = endOf(reader, length);
  if (field.message !== undefined) {
    const inner = field.isEntry ? depth : depth + 1;
    scanMessage(scan, field.message, { end, depth: inner });
  } else {
    scan.cost += field.byte * length;
    reader.pos = end;
  }
}

function scanPacked(scan: Scan, field: FieldCost): void {
  const { reader } = scan;
  const length = reader.size();
  const end = endOf(reader, length);
  let count = 0;
  if (field.wireType === 1) count = length / 8;
  else if (field.wireType === 5) count = length / 4;
  else {
    for (let at = reader.pos; at < end; at++) {
      if (reader.buf[at]! < 0x80) count++;
    }
  }
  scan.cost += field.value * Math.ceil(count);
  reader.pos = end;
}

function endOf(reader: protobuf.Reader, length: number): number {
  const end = reader.pos + length;
  if (end > reader.len) throw new RangeError("Message is truncated");
  return end;
}

/**
 * The costs of JSON values that are decoded to messages of the given types, or
 * of any type they contain.
 *
 * @param types The types.
 * @returns Costs for `jsonCost()`: those of the decoded data. The parsed JSON
 * is discarded by then and not counted.
 */
export function jsonCostsOf(types: Iterable<protobuf.Type>): JsonCosts {
  const known = new Set<protobuf.Type>();
  const visit = (type: protobuf.Type) => {
    if (known.has(type)) return;
    known.add(type);
    for (const field of type.fieldsArray) {
      const { resolvedType } = field.resolve();
      if (resolvedType instanceof protobuf.Type) visit(resolvedType);
    }
  };
  for (const type of types) visit(type);
  const all = [...known];
  const hasBytes = all.some(({ fieldsArray }) =>
    fieldsArray.some(({ type }) => type === "bytes")
  );
  return {
    object: Math.max(PARSED_JSON.object, ...all.map(baseOf)),
    array: PARSED_JSON.array,
    value: hasBytes ? COSTS.bytes : PARSED_JSON.value,
  };
}
