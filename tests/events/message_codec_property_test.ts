import assert from "node:assert/strict";
import fc from "fast-check";
import { decoderOf } from "../../lib/events/message_codec.ts";
import { fixtureType } from "../grpc/_fixture.ts";
import { type Sample, samples } from "./_samples.ts";
import { concat } from "../grpc/_wire.ts";

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
  Deno.test(`decoderOf() turns any ${name} message into the plain object that was sent`, () => {
    const type = fixtureType(name);
    const decode = decoderOf(type);
    fc.assert(
      fc.property(samples(type), ({ bytes, plain }) => {
        assert.deepEqual(decode(bytes), plain);
      }),
      { numRuns: name === "Everything" ? 50 : 200 },
    );
  });

  Deno.test(`decoderOf() decodes or refuses whatever bytes come as a ${name} message`, () => {
    const type = fixtureType(name);
    const decode = decoderOf(type);
    fc.assert(
      fc.property(hostile(samples(type)), (bytes) => {
        try {
          assertPlain(decode(bytes));
        } catch (error) {
          assert.ok(error instanceof Error, String(error));
          assert.notEqual(error.name, "AssertionError", error.message);
        }
        assertPrototypesAreClean();
      }),
      { numRuns: name === "Everything" ? 100 : 400 },
    );
  });
}

/** Random bytes, and messages that were damaged on the way. */
function hostile(valid: fc.Arbitrary<Sample>): fc.Arbitrary<Uint8Array> {
  const damaged = fc.tuple(
    valid,
    fc.nat(),
    fc.uint8Array({ maxLength: 4 }),
    fc.constantFrom("cut", "insert", "replace", "repeat"),
  ).map(([{ bytes }, position, noise, damage]) => {
    const at = bytes.length === 0 ? 0 : position % bytes.length;
    const [head, tail] = [bytes.subarray(0, at), bytes.subarray(at)];
    switch (damage) {
      case "cut":
        return head;
      case "insert":
        return concat(head, noise, tail);
      case "replace":
        return concat(head, noise, tail.subarray(noise.length));
      default:
        return concat(bytes, tail);
    }
  });
  return fc.oneof(fc.uint8Array({ maxLength: 64 }), damaged);
}

const PLAIN_PROTOTYPES: ReadonlySet<unknown> = new Set([
  Object.prototype,
  Array.prototype,
  Uint8Array.prototype,
]);

function assertPlain(value: unknown): void {
  if (typeof value !== "object" || value === null) {
    assert.match(typeof value, /^(string|number|boolean|object)$/);
    return;
  }
  assert.ok(PLAIN_PROTOTYPES.has(Object.getPrototypeOf(value)));
  if (value instanceof Uint8Array) return;
  for (const [key, item] of Object.entries(value)) {
    assertPlain(item);
    assert.ok(Object.hasOwn(value, key));
  }
}

const PROTOTYPES = [Object.prototype, Array.prototype, Function.prototype];
const CLEAN = PROTOTYPES.map((prototype) => Reflect.ownKeys(prototype));

function assertPrototypesAreClean(): void {
  assert.deepEqual(
    PROTOTYPES.map((prototype) => Reflect.ownKeys(prototype)),
    CLEAN,
  );
}
