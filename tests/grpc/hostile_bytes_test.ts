import assert from "node:assert/strict";
import fc from "fast-check";
import type { Event } from "../../lib/core/event.ts";
import { EVERY_SERVICE, startEveryService } from "./_every_service.ts";
import { call } from "./_grpc.ts";
import { encode } from "../events/_specified_value.ts";
import { values } from "../events/_specified_values.ts";
import * as wire from "./_wire.ts";

/** What a server may answer to bytes that nobody meant to send. */
const ANSWERS: ReadonlySet<string> = new Set(["OK", "INVALID_ARGUMENT"]);

/** Calls on their way at a time. */
const PARALLEL = 16;

const HEALTHY = EVERY_SERVICE[0]!;

/** Random bytes, and messages that were damaged on the way. */
function hostile(valid: Uint8Array): fc.Arbitrary<Uint8Array> {
  const cut = fc.nat(valid.length).map((at) => valid.subarray(0, at));
  const changed = fc.tuple(
    fc.nat(valid.length),
    fc.uint8Array({ maxLength: 4 }),
  )
    .map(([at, noise]) =>
      wire.concat(
        valid.subarray(0, at),
        noise,
        valid.subarray(at + noise.length),
      )
    );
  // Other types for the fields that the message has: 6 and 7 do not exist.
  const retyped = fc.tuple(
    fc.integer({ min: 0, max: 15 }),
    fc.integer({ min: 0, max: 7 }),
    fc.uint8Array({ maxLength: 12 }),
  ).map(([field, type, content]) =>
    wire.concat(wire.varint(field << 3 | type), content)
  );
  return fc.oneof(fc.uint8Array({ maxLength: 64 }), cut, changed, retyped);
}

Deno.test("every service answers or refuses whatever bytes come, and goes on", async () => {
  const seed = crypto.getRandomValues(new Int32Array(1))[0]!;
  let handled = 0;
  await using every = await startEveryService(() => void handled++);
  const queue = EVERY_SERVICE.flatMap(({ path, request }, index) => {
    const own = { seed: seed + index };
    const [value = {}] = fc.sample(values(request), { numRuns: 1, ...own });
    return fc.sample(hostile(encode(request, value)), { numRuns: 6, ...own })
      .map((bytes) => ({ path, bytes }));
  });
  const counts: Record<string, number> = {};
  async function send(): Promise<void> {
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
      const { path, bytes } = next;
      const { status, details } = await call(every.client, path, bytes);
      assert.ok(
        ANSWERS.has(status),
        `${path} answers ${status} "${details}" to ${bytes.toHex()} (seed ${seed})`,
      );
      counts[status] = (counts[status] ?? 0) + 1;
    }
  }
  await Promise.all(Array.from({ length: PARALLEL }, send));
  // Some of both, or the bytes were not what they were meant to be.
  assert.ok(counts["OK"]! > 100, JSON.stringify(counts));
  assert.ok(counts["INVALID_ARGUMENT"]! > 100, JSON.stringify(counts));
  assert.equal(handled, counts["OK"]);
});

const repeat = (byte: number, length: number) =>
  new Uint8Array(length).fill(byte);

/** Just under what the server takes. */
const LARGE = 3_900_000;

/** An event that holds any JSON, and where: the fields on the way to it. */
const FREE = findStruct();

function findStruct() {
  for (const served of EVERY_SERVICE) {
    for (const outer of served.request.fields) {
      for (const inner of outer.message?.fields ?? []) {
        if (
          inner.fieldKind === "message" &&
          inner.message.typeName === "google.protobuf.Struct"
        ) {
          return { served, path: [outer.number, inner.number] };
        }
      }
    }
  }
  assert.fail("No event has a Struct in its payload");
}

/** A Struct whose one entry is a Struct whose one entry is …: `{ "": { "": … } }`. */
function deepStruct(levels: number): Uint8Array {
  // Struct.fields, the entry's value, Value.struct_value.
  const inside = wire.nest([1, 2, 5], 3 * levels);
  return FREE.path.reduceRight(
    (content, field) => wire.nested(field, content),
    inside,
  );
}

const BOMBS: Readonly<Record<string, () => Uint8Array>> = {
  "a tag that never ends": () => repeat(0xff, 20),
  "a number of 11 bytes": () =>
    wire.concat(new Uint8Array([0x08]), repeat(0x80, 10), repeat(1, 1)),
  "a length of 4 GB": () =>
    wire.concat(new Uint8Array([0x0a]), wire.varint(2 ** 32 - 1)),
  "a length below zero": () =>
    wire.concat(new Uint8Array([0x0a]), wire.varint(-1)),
  "a length beyond 64 bits": () =>
    wire.concat(new Uint8Array([0x0a]), repeat(0xff, 9), repeat(0x7f, 1)),
  "field number 0": () => new Uint8Array([0x02, 0x00]),
  "a group that never ends": () => new Uint8Array([0x0b]),
  "an end without a group": () => new Uint8Array([0x0c]),
  "millions of groups, one in the other": () => repeat(0x0b, LARGE),
  "a hundred thousand objects, one in the other": () => deepStruct(100_000),
  "ten thousand objects, one in the other": () => deepStruct(10_000),
  "nothing but zeros": () => repeat(0, LARGE),
  "a text that is not UTF-8": () =>
    wire.nested(1, new Uint8Array([0xc3, 0x28])),
  "a text of half a character": () => wire.nested(1, new Uint8Array([0xe2])),
};

Deno.test("the service refuses what is made to break it, and goes on", async (t) => {
  const handled: Event[] = [];
  await using every = await startEveryService((event) =>
    void handled.push(event)
  );
  for (const [what, bomb] of Object.entries(BOMBS)) {
    await t.step(what, async () => {
      handled.length = 0;
      const beside = call(every.client, HEALTHY.path);
      const { status, details, metadata } = await call(
        every.client,
        FREE.served.path,
        bomb(),
      );
      assert.equal(status, "INVALID_ARGUMENT", details);
      // What went wrong inside is nobody's business.
      assert.doesNotMatch(
        `${details} ${JSON.stringify(metadata)}`,
        /Error|offset|depth|range/i,
      );
      assert.equal((await beside).status, "OK");
      const sent = encode(HEALTHY.request, { id: "after" });
      const after = await call(every.client, HEALTHY.path, sent);
      assert.equal(after.status, "OK");
      assert.deepEqual(handled.map(({ type }) => type), [
        HEALTHY.key,
        HEALTHY.key,
      ]);
      assert.equal(handled.at(-1)?.id, "after");
    });
  }
});
