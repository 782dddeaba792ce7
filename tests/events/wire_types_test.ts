import assert from "node:assert/strict";
import { join } from "node:path";
import {
  createFileRegistry,
  type DescMessage,
  fromBinary,
  fromJson,
  toBinary,
} from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import fc from "fast-check";
import { decoderOf, propertyName } from "../../lib/events/message_codec.ts";
import { wellKnownTypes } from "../_support/well_known_types.ts";
import { PROTOC, testWithTool } from "../conformance/_tools.ts";
import { FIXTURE_FOLDER, fixtureType, makeFolder } from "../grpc/_fixture.ts";
import * as wire from "../grpc/_wire.ts";
import { samples } from "./_samples.ts";
import { change, changes, wireTypesOf } from "./_wire_changes.ts";

/** The fixture's messages by protoc's descriptors, for a decoder of its own. */
const registry = createFileRegistry(fromJson(FileDescriptorSetSchema, {
  file: JSON.parse(
    Deno.readTextFileSync(join(FIXTURE_FOLDER, "kinds.descriptors.json")),
  ),
}));

function messageOf(name: string): DescMessage {
  return registry.getMessage(`fixture.kinds.v1.${name}`)!;
}

const TYPES = [
  "Scalars",
  "Optionals",
  "Lists",
  "Maps",
  "Choices",
  "Google",
  "Names",
  "Everything",
];

for (const name of TYPES) {
  Deno.test(`decoderOf() takes a field of a ${name} message that comes with another wire type for an unknown one`, () => {
    const type = fixtureType(name);
    const desc = messageOf(name);
    const decode = decoderOf(type);
    const outcome = (make: () => unknown) => {
      try {
        return make();
      } catch (error) {
        assert.ok(error instanceof Error);
        return "refused";
      }
    };
    let refused = 0;
    let changed = 0;
    const numRuns = name === "Everything" ? 100 : 400;
    fc.assert(
      fc.property(
        samples(type),
        fc.array(changes, { minLength: 1, maxLength: 3 }),
        (sample, all) => {
          const { bytes, known } = change(desc, sample.bytes, all);
          // The other decoder reads only what is known, and writes it anew.
          const expected = outcome(() =>
            decode(toBinary(desc, fromBinary(desc, known)))
          );
          assert.deepEqual(outcome(() => decode(bytes)), expected);
          if (expected === "refused") refused++;
          if (bytes.length !== known.length) changed++;
        },
      ),
      { numRuns },
    );
    assert.ok(changed > numRuns / 3, `${changed} changed`);
    assert.ok(refused < numRuns / 2, `${refused} refused`);
  });
}

Deno.test("decoderOf() lets nothing of a number that comes as bytes into the message around it", () => {
  for (const field of messageOf("Scalars").fields) {
    if (wireTypesOf(field).includes(2)) continue;
    const inside = wire.record(14, 2, wire.text("evil-user"));
    const { ofString } = decoderOf(fixtureType("Scalars"))(
      wire.nested(field.number, inside),
    ) as { ofString: string };
    assert.equal(ofString, "", field.name);
  }
});

Deno.test("decoderOf() takes lists of numbers packed, unpacked and both", () => {
  const decode = decoderOf(fixtureType("Lists"));
  for (const field of messageOf("Lists").fields) {
    const [own = 0, packed] = wireTypesOf(field);
    if (packed === undefined) continue;
    const one = own === 0
      ? wire.varint(1)
      : own === 1
      ? wire.fixed64(1n)
      : wire.fixed32(1);
    const unpacked = wire.record(field.number, own, one);
    const both = wire.concat(
      unpacked,
      wire.nested(field.number, wire.concat(one, one)),
      unpacked,
    );
    const lengths = Object.values(decode(both)).map((list) =>
      (list as unknown[]).length
    );
    assert.deepEqual(lengths.filter((length) => length > 0), [4], field.name);
  }
});

Deno.test("decoderOf() takes the last of a map's entries for the number 0, with its key or without", () => {
  const decode = decoderOf(fixtureType("Maps"));
  for (const field of messageOf("Maps").fields) {
    const { fieldKind } = field;
    if (fieldKind !== "map" || !/^by.*\d/.test(field.name)) continue;
    const key = [
      wire.record(1, 0, wire.varint(0)),
      wire.record(1, 1, wire.fixed64(0n)),
      wire.record(1, 5, wire.fixed32(0)),
    ];
    const entry = (value: string, ...parts: Uint8Array[]) =>
      wire.nested(
        field.number,
        wire.concat(...parts, wire.record(2, 2, wire.text(value))),
      );
    const name = propertyName(field.name);
    const last = (...entries: Uint8Array[]) =>
      (decode(wire.concat(...entries)) as Record<string, unknown>)[name];
    // Only the key of the right wire type counts; the others are unknown.
    const explicit = entry("explicit", ...key);
    const absent = entry("absent");
    assert.deepEqual(last(explicit, absent), { 0: "absent" }, name);
    assert.deepEqual(last(absent, explicit), { 0: "explicit" }, name);
  }
});

for (const name of ["Scalars", "Lists", "Maps", "Google"]) {
  testWithTool(
    `decoderOf() knows a field of ${name} by the wire types by which protoc does`,
    PROTOC,
    async ({ command }) => {
      using own = makeFolder();
      const args = [
        await wellKnownTypes(join(own.path, "known.binpb")),
        `-I${FIXTURE_FOLDER}`,
        `--decode=fixture.kinds.v1.${name}`,
        "fixture/kinds.proto",
      ];
      const decode = decoderOf(fixtureType(name));
      const nothing = decode(new Uint8Array());
      const records = messageOf(name).fields.flatMap((field) =>
        CONTENTS.map(([wireType, content]) => ({ field, wireType, content }))
      );
      for (const { field, wireType, content } of records) {
        const bytes = wire.concat(
          wire.record(field.number, wireType, content),
          wireType === 3
            ? wire.record(field.number, 4, new Uint8Array())
            : new Uint8Array(),
        );
        const child = new Deno.Command(command, {
          args,
          stdin: "piped",
          stdout: "piped",
          stderr: "null",
        }).spawn();
        const writer = child.stdin.getWriter();
        await writer.write(bytes);
        await writer.close();
        const { success, stdout } = await child.output();
        const what = `${field.name} as ${wireType}`;
        const isKnown = new TextDecoder().decode(stdout).startsWith(field.name);
        assert.ok(success, what);
        if (isKnown) assert.notDeepEqual(decode(bytes), nothing, what);
        else assert.deepEqual(decode(bytes), nothing, what);
      }
    },
  );
}

/** Contents by wire type: each is taken where the type is right. */
const CONTENTS: readonly (readonly [wire.WireType, Uint8Array])[] = [
  [0, wire.varint(1)],
  [1, wire.fixed64(1n)],
  // As a packed list: two fixed64, four fixed32, 16 varints; as a message: unknown.
  [
    2,
    wire.delimited(wire.concat(
      ...Array<Uint8Array>(4).fill(
        new Uint8Array([0x78, 0x01, 0x78, 0x01]),
      ),
    )),
  ],
  [3, wire.record(9, 2, wire.text("evil-user"))],
  [5, wire.fixed32(1)],
];
