import assert from "node:assert/strict";
import fc from "fast-check";
import { jsonDecoderOf } from "../../lib/events/json_codec.ts";
import { decoderOf } from "../../lib/events/message_codec.ts";
import { fixtureType } from "../grpc/_fixture.ts";
import { samples } from "./_samples.ts";

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

/** Bytes as JSON has them; all else is JSON already. */
function asJson(value: unknown): unknown {
  if (value instanceof Uint8Array) return value.toBase64();
  if (Array.isArray(value)) return value.map(asJson);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, asJson(each)]),
  );
}

for (const name of TYPES) {
  const type = fixtureType(name);
  const numRuns = name === "Everything" ? 50 : 200;

  Deno.test(`any ${name} message is the same in JSON as in bytes`, () => {
    const decode = decoderOf(type);
    const decodeJson = jsonDecoderOf(type);
    fc.assert(
      fc.property(samples(type), ({ bytes }) => {
        const data = decode(bytes);
        assert.deepEqual(decodeJson(asJson(data)), { data, unknownFields: 0 });
      }),
      { numRuns },
    );
  });

  Deno.test(`whatever JSON comes as a ${name} message decodes or is refused`, () => {
    const names = type.fieldsArray.flatMap(({ name, options }) => [
      name,
      String(options?.json_name ?? name),
    ]);
    const decodeJson = jsonDecoderOf(type);
    const messages = fc.oneof(
      fc.jsonValue(),
      fc.dictionary(
        fc.constantFrom(...names, "__proto__", "constructor"),
        fc.jsonValue(),
      ),
    );
    fc.assert(
      fc.property(messages, (json) => {
        try {
          const { data } = decodeJson(JSON.parse(JSON.stringify(json)));
          assert.equal(Object.getPrototypeOf(data), Object.prototype);
        } catch (error) {
          assert.ok(
            error instanceof TypeError || error instanceof RangeError,
            String(error),
          );
        }
      }),
      { numRuns: 300 },
    );
  });
}

Deno.test("of a oneof that JSON has twice the last one counts, and lists and maps take null for empty", () => {
  const choices = fixtureType("Choices");
  const [first, second] = choices.oneofsArray[0]?.fieldsArray ?? [];
  assert.ok(first && second);
  const decode = jsonDecoderOf(choices);
  const of = (name: string, type: string) => [
    name,
    type === "string" ? "text" : 1,
  ];
  const both = Object.fromEntries([
    of(first.name, first.type),
    of(second.name, second.type),
  ]);
  const only = Object.fromEntries([of(second.name, second.type)]);
  assert.deepEqual(decode(both), decode(only));
  const lists = jsonDecoderOf(fixtureType("Lists"));
  const nulls = fixtureType("Lists").fieldsArray.map((
    { name },
  ) => [name, null]);
  assert.deepEqual(lists(Object.fromEntries(nulls)), lists({}));
});
