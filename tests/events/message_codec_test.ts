import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { join } from "node:path";
import fc from "fast-check";
import protobuf from "protobufjs";
import { propertyType } from "../../dev/gen/field_type.ts";
import { decoderOf } from "../../lib/events/message_codec.ts";
import { readProtoFiles } from "../../lib/events/proto_files.ts";
import { FIXTURE_FOLDER, fixtureType, makeFolder } from "../grpc/_fixture.ts";
import { samples, structBytes } from "./_samples.ts";
import * as wire from "../grpc/_wire.ts";

function decode(name: string, ...records: readonly Uint8Array[]) {
  return decodeBytes(name, wire.concat(...records));
}

function decodeBytes(name: string, bytes: Uint8Array) {
  return decoderOf(fixtureType(name))(bytes);
}

Deno.test("decoderOf() names properties as handlers' types do", () => {
  assert.deepEqual(Object.keys(decode("Names")), [
    "plain",
    "twoWords",
    "with_2Digits",
    "camelCase",
    "Upper",
    "dateModified",
    "old",
    "trailing_",
    "double_Underscore",
    "constructor",
    "toString",
    "hasOwnProperty",
    "mapOf_2Words",
  ]);
});

Deno.test("decoderOf() keeps all digits of 64-bit integers", () => {
  const { ofInt64, ofUint64, ofSint64, ofFixed64, ofSfixed64 } = decode(
    "Scalars",
    wire.record(4, 0, wire.varint(-(2n ** 63n))),
    wire.record(6, 0, wire.varint(2n ** 64n - 1n)),
    wire.record(8, 0, wire.zigzag(-(2n ** 63n))),
    wire.record(10, 1, wire.fixed64(9_007_199_254_740_993n)),
    wire.record(12, 1, wire.fixed64(-1n)),
  );
  assert.deepEqual([ofInt64, ofUint64, ofSint64, ofFixed64, ofSfixed64], [
    "-9223372036854775808",
    "18446744073709551615",
    "-9223372036854775808",
    "9007199254740993",
    "-1",
  ]);
});

Deno.test("decoderOf() writes the 64-bit keys of maps as decimals", () => {
  const entry = (key: Uint8Array) =>
    wire.concat(key, wire.record(2, 2, wire.text("value")));
  const { byInt64, byUint64, bySint64, byFixed64, bySfixed64 } = decode(
    "Maps",
    wire.nested(18, entry(wire.record(1, 0, wire.varint(-(2n ** 63n))))),
    wire.nested(20, entry(wire.record(1, 0, wire.varint(2n ** 64n - 1n)))),
    wire.nested(22, entry(wire.record(1, 0, wire.zigzag(-12_345_678n)))),
    wire.nested(24, entry(wire.record(1, 1, wire.fixed64(2n ** 63n)))),
    wire.nested(26, entry(wire.record(1, 1, wire.fixed64(-1n)))),
  );
  assert.deepEqual({ byInt64, byUint64, bySint64, byFixed64, bySfixed64 }, {
    byInt64: { "-9223372036854775808": "value" },
    byUint64: { "18446744073709551615": "value" },
    bySint64: { "-12345678": "value" },
    byFixed64: { "9223372036854775808": "value" },
    bySfixed64: { "-1": "value" },
  });
});

Deno.test("decoderOf() takes a map entry without its value as one with the default", () => {
  const key = wire.record(1, 2, wire.text("key"));
  const { toMessage, toStruct, toValue, toTimestamp, toBytes } = decode(
    "Maps",
    ...[13, 14, 15, 16, 11].map((field) => wire.nested(field, key)),
  );
  assert.deepEqual({ toMessage, toStruct, toValue, toTimestamp, toBytes }, {
    toMessage: { key: {} },
    toStruct: { key: {} },
    toValue: { key: null },
    toTimestamp: { key: "1970-01-01T00:00:00Z" },
    toBytes: { key: new Uint8Array() },
  });
});

Deno.test("decoderOf() takes a Struct's entry without its value as null", () => {
  const struct = wire.nested(1, wire.record(1, 2, wire.text("key")));
  assert.deepEqual(decode("Google", wire.nested(1, struct)), {
    ofStruct: { key: null },
  });
});

Deno.test("decoderOf() keeps the last of several fields of a oneof", () => {
  const text = wire.record(1, 2, wire.text("text"));
  const long = wire.record(2, 0, wire.varint(5));
  const bool = wire.record(7, 0, wire.varint(1));
  assert.deepEqual(decode("Choices", text, bool, long), {
    asLong: "5",
    between: "",
    asBool: true,
  });
  assert.deepEqual(decode("Choices", long, bool, text), {
    asText: "text",
    between: "",
    asBool: true,
  });
});

Deno.test("decoderOf() tells a oneof's default value from its absence", () => {
  assert.deepEqual(decode("Choices"), { between: "" });
  assert.deepEqual(decode("Choices", wire.record(1, 2, wire.text(""))), {
    asText: "",
    between: "",
  });
});

Deno.test("decoderOf() gives __proto__ keys to the object, not to its prototype", () => {
  const struct = structBytes(JSON.parse('{"__proto__": {"polluted": true}}'));
  const { ofStruct } = decode("Google", wire.nested(1, struct)) as {
    readonly ofStruct: Record<string, unknown>;
  };
  assert.deepEqual(Object.keys(ofStruct), ["__proto__"]);
  assert.equal(Object.getPrototypeOf(ofStruct), Object.prototype);
  assert.equal(ofStruct["polluted"], undefined);
  assert.equal(({} as Record<string, unknown>)["polluted"], undefined);
});

Deno.test("decoderOf() gives each event its own lists and bytes", () => {
  const decodeLists = decoderOf(fixtureType("Lists"));
  const first = decodeLists(new Uint8Array()) as { ofDouble: number[] };
  first.ofDouble.push(1);
  assert.deepEqual(decodeLists(new Uint8Array()).ofDouble, []);

  const bytes = wire.record(15, 2, wire.delimited(new Uint8Array([1, 2])));
  const { ofBytes } = decoderOf(fixtureType("Scalars"))(bytes);
  bytes.fill(0);
  assert.deepEqual(ofBytes, new Uint8Array([1, 2]));
});

Deno.test("decoderOf() leaves numbers of enums that the proto file does not know", () => {
  const ofEnum = (number: number) =>
    decode("Scalars", wire.record(16, 0, wire.varint(number))).ofEnum;
  assert.deepEqual([ofEnum(1), ofEnum(-2), ofEnum(41)], [
    "COLOUR_RED",
    "COLOUR_BLUE",
    41,
  ]);
});

Deno.test("decoderOf() refuses a message that was cut off, whatever holds its bytes", () => {
  const whole = wire.concat(
    wire.record(14, 2, wire.text("a text of some length")),
    wire.record(15, 2, wire.delimited(new Uint8Array(20))),
  );
  const decodeScalars = decoderOf(fixtureType("Scalars"));
  const isWhole = (length: number) =>
    length === 0 || length === 23 || length === 45;
  assert.equal(whole.length, 45);
  for (let length = 0; length <= whole.length; length++) {
    for (
      const bytes of [
        whole.slice(0, length),
        Buffer.from(whole.slice(0, length)),
      ]
    ) {
      if (isWhole(length)) decodeScalars(bytes);
      else assert.throws(() => decodeScalars(bytes), RangeError, `${length}`);
    }
  }
});

Deno.test("decoderOf() refuses strings that are not UTF-8, and takes every one that is", () => {
  const decodeScalars = decoderOf(fixtureType("Scalars"));
  const message = (...bytes: number[]) =>
    wire.record(14, 2, wire.delimited(new Uint8Array(bytes)));
  for (
    const bytes of [[0xc3, 0x28], [0xff], [0x61, 0x80], [0xed, 0xa0, 0x80]]
  ) assert.throws(() => decodeScalars(message(...bytes)), TypeError);
  for (const text of ["", "é", "😀", "a\uFFFDb", "\uFEFFx"]) {
    const bytes = new TextEncoder().encode(text);
    assert.equal(decodeScalars(message(...bytes)).ofString, text);
  }
});

const time = (seconds: number | bigint, nanos = 0) =>
  decode(
    "Google",
    wire.nested(
      4,
      wire.concat(
        wire.record(1, 0, wire.varint(seconds)),
        wire.record(2, 0, wire.varint(nanos)),
      ),
    ),
  ).ofTimestamp;

Deno.test("decoderOf() writes times as protobuf's JSON does", () => {
  assert.deepEqual(
    [
      time(0),
      time(-1, 500_000_000),
      time(1_767_225_599, 1_000),
      time(1_767_225_599, 1),
      time(-62_135_596_800),
      time(253_402_300_799, 999_999_999),
    ],
    [
      "1970-01-01T00:00:00Z",
      "1969-12-31T23:59:59.500Z",
      "2025-12-31T23:59:59.000001Z",
      "2025-12-31T23:59:59.000000001Z",
      "0001-01-01T00:00:00Z",
      "9999-12-31T23:59:59.999999999Z",
    ],
  );
});

Deno.test("decoderOf() refuses times that RFC 3339 cannot write", () => {
  const outOfRange = {
    name: "RangeError",
    message: /^Timestamp is out of range/,
  };
  assert.throws(() => time(-62_135_596_801), outOfRange);
  assert.throws(() => time(253_402_300_800), outOfRange);
  assert.throws(() => time(2n ** 63n - 1n), outOfRange);
  assert.throws(() => time(0, -1), outOfRange);
  assert.throws(() => time(0, 1_000_000_000), outOfRange);
});

Deno.test("decoderOf() refuses messages that are nested 100,000 deep", () => {
  // A Struct's fields, their value, its Struct, …
  const struct = wire.nest([1, 2, 5], 300_000);
  assert.throws(
    () => decode("Google", wire.nested(1, struct)),
    /max depth exceeded/,
  );
  assert.throws(
    () => decode("Everything", wire.nest([10], 100_000)),
    /max depth exceeded/,
  );
  assert.throws(
    () => decode("Everything", wire.nest([11, 12, 2], 100_000)),
    /max depth exceeded/,
  );
});

Deno.test("decoderOf() gives what the generated types promise", () => {
  const types = new protobuf.Root();
  types.resolvePath = (_origin, target) => join(FIXTURE_FOLDER, target);
  types.loadSync("fixture/kinds.proto").resolveAll();
  const names = [
    "Scalars",
    "Optionals",
    "Lists",
    "Maps",
    "Choices",
    "Google",
    "Names",
    "Everything",
  ];
  for (const name of names) {
    const properties = types.lookupType(`fixture.kinds.v1.${name}`).fieldsArray
      .map((field) => propertyType(field, ({ name }) => name));
    const decodeMessage = decoderOf(fixtureType(name));
    fc.assert(
      fc.property(samples(fixtureType(name), 1), ({ bytes }) => {
        const data = decodeMessage(bytes);
        const allowed = new Set(properties.map((property) => property.name));
        assert.deepEqual(
          Object.keys(data).filter((key) => !allowed.has(key)),
          [],
        );
        for (const { name, type, optional } of properties) {
          if (optional && !Object.hasOwn(data, name)) continue;
          assert.ok(
            isOf(type, data[name]),
            `${name}: ${type} is ${JSON.stringify(data[name])}`,
          );
        }
      }),
      { numRuns: 50 },
    );
  }
});

/** Whether a value is what a type of the generated files says. */
function isOf(type: string, value: unknown): boolean {
  const map = /^Readonly<Record<string, (.+)>>$/.exec(type)?.[1];
  if (map !== undefined) {
    return isObject(value) &&
      Object.values(value).every((item) => isOf(map, item));
  }
  const list = /^readonly \(?(.+?)\)?\[\]$/.exec(type)?.[1];
  if (list !== undefined) {
    return Array.isArray(value) && value.every((item) => isOf(list, item));
  }
  if (type.includes(" | ")) {
    return type.split(" | ").some((part) => isOf(part, value));
  }
  switch (type) {
    case "number":
      return typeof value === "number";
    case "string":
      return typeof value === "string";
    case "boolean":
      return typeof value === "boolean";
    case "null":
      return value === null;
    case "Uint8Array":
      return value instanceof Uint8Array;
    case "JsonValue":
      return value !== undefined;
    case "Colour":
    case "Level":
    case "Kind":
      return typeof value === "number" || /^[A-Z_]+$/.test(String(value));
    case "JsonObject":
    default:
      return isObject(value);
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null &&
    Object.getPrototypeOf(value) === Object.prototype;
}

Deno.test("decoderOf() skips unknown fields by their whole tags, and refuses field number 0", () => {
  const decode = decoderOf(fixtureType("Names"));
  const nothing = decode(new Uint8Array());
  // The tag's second byte alone would be one of field number 0.
  const later = wire.record(127, 1, wire.fixed64(2n ** 63n));
  assert.deepEqual(decode(later), nothing);
  assert.deepEqual(decode(wire.concat(later, later)), nothing);
  for (const type of [0, 1, 2, 5]) {
    const zero = new Uint8Array([type, 0, 0, 0, 0, 0, 0, 0, 0]);
    assert.throws(() => decode(zero), /field number 0/);
    assert.throws(
      () => decode(wire.concat(wire.record(127, 0, wire.varint(1)), zero)),
      /field number 0/,
    );
  }
});

Deno.test("decoderOf() skips a group by its own end, in messages without fields, too", () => {
  const group = (end: number) =>
    wire.concat(
      wire.record(1_000, 3, wire.record(9, 2, wire.text("inside"))),
      wire.record(end, 4, new Uint8Array()),
    );
  const ofEmpty = (bytes: Uint8Array) =>
    decode("Google", wire.nested(14, bytes));
  assert.deepEqual(decode("Google", group(1_000)), {});
  assert.deepEqual(ofEmpty(group(1_000)), { ofEmpty: {} });
  assert.throws(() => decode("Google", group(1_001)), /end group/);
  assert.throws(() => ofEmpty(group(1_001)), /end group/);
  assert.throws(
    () => ofEmpty(new Uint8Array([2, 0])),
    /field number 0/,
  );
});

Deno.test("decoderOf() makes an object of Any, Duration and FieldMask", () => {
  using folder = makeFolder({
    "a.proto": `syntax = "proto3"; package a;
      import "google/protobuf/any.proto";
      import "google/protobuf/duration.proto";
      import "google/protobuf/field_mask.proto";
      message M {
        google.protobuf.Any any = 1;
        google.protobuf.Duration duration = 2;
        google.protobuf.FieldMask mask = 3;
      }`,
  });
  const { root } = readProtoFiles(folder.path, ["a.proto"]);
  const bytes = wire.concat(
    wire.nested(
      1,
      wire.concat(
        wire.record(1, 2, wire.text("x/y")),
        wire.record(2, 2, wire.delimited(new Uint8Array([7]))),
      ),
    ),
    wire.nested(
      2,
      wire.concat(
        wire.record(1, 0, wire.varint(-3)),
        wire.record(2, 0, wire.varint(5)),
      ),
    ),
    wire.nested(
      3,
      wire.concat(
        wire.record(1, 2, wire.text("a.b")),
        wire.record(1, 2, wire.text("c")),
      ),
    ),
  );
  assert.deepEqual(decoderOf(root.lookupType("a.M"))(bytes), {
    any: { typeUrl: "x/y", value: new Uint8Array([7]) },
    duration: { seconds: "-3", nanos: 5 },
    mask: { paths: ["a.b", "c"] },
  });
});

Deno.test("decoderOf() takes a long list that an event may have", () => {
  const element = wire.record(14, 2, wire.text("player-one"));
  const bytes = wire.concat(...Array.from({ length: 50_000 }, () => element));
  const { ofString } = decodeBytes("Lists", bytes);
  assert.equal((ofString as unknown[]).length, 50_000);
});
