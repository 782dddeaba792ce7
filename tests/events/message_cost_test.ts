import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { join } from "node:path";
import fc from "fast-check";
import { jsonCost, PARSED_JSON } from "../../lib/core/json_cost.ts";
import { decoderOf } from "../../lib/events/message_codec.ts";
import { jsonCostsOf, messageCostOf } from "../../lib/events/message_cost.ts";
import { heapOf } from "../_support/heap.ts";
import { fixtureType } from "../grpc/_fixture.ts";
import * as wire from "../grpc/_wire.ts";
import { DEAR_MESSAGES } from "./_dear_messages.ts";
import { samples } from "./_samples.ts";

function costOf(type: string, ...records: readonly Uint8Array[]): number {
  return messageCostOf(fixtureType(type))(wire.concat(...records));
}

Deno.test("messageCostOf() counts no less than what a message takes once it is decoded", async () => {
  const file = join(import.meta.dirname!, "_dear_messages.ts");
  const sizes = await heapOf(file, 4);
  const rows = Object.entries(DEAR_MESSAGES).map(([name, message], at) => ({
    name,
    taken: sizes[at] ?? NaN,
    counted: costOf(message.type, message.bytes),
  }));
  const short = rows.filter(({ taken, counted }) => !(taken <= counted));
  assert.deepEqual(short, []);
  // Not so many more that what could be handled is refused: the decoder's own objects,
  // which live as long as it decodes, are some of it.
  const long = rows.filter(({ taken, counted }) => counted > 25 * taken);
  assert.deepEqual(long, []);
});

Deno.test("messageCostOf() counts what is in a message wherever it is", () => {
  const empty = wire.record(14, 2, wire.text(""));
  const one = costOf("Lists", empty) - costOf("Lists");
  assert.ok(one > 0);
  const list = wire.concat(...Array<Uint8Array>(100).fill(empty));
  assert.equal(costOf("Lists", list) - costOf("Lists"), 100 * one);
  const inside = (bytes: Uint8Array) =>
    wire.nested(10, wire.nested(11, wire.nested(4, bytes)));
  const lists = costOf("Everything", inside(list));
  const none = costOf("Everything", inside(new Uint8Array()));
  assert.ok(lists - none >= 100 * one);
  const packed = wire.nested(4, new Uint8Array(100));
  const apart = wire.concat(
    ...Array<Uint8Array>(100).fill(wire.record(4, 0, wire.varint(0))),
  );
  assert.equal(
    costOf("Lists", packed) - packed.length,
    costOf("Lists", apart) - apart.length,
  );
});

Deno.test("messageCostOf() counts nothing for what the decoder passes over", () => {
  const unknown = [
    wire.record(999, 0, wire.varint(1)),
    wire.nested(999, wire.concat(wire.nested(17, new Uint8Array(50)))),
    // Known fields of another wire type.
    wire.record(17, 0, wire.varint(1)),
    wire.nested(4_000, new Uint8Array(9)),
    wire.concat(
      wire.record(999, 3, wire.nested(17, new Uint8Array(9))),
      wire.record(999, 4, new Uint8Array()),
    ),
  ];
  for (const record of unknown) {
    assert.equal(
      costOf("Lists", record) - record.length,
      costOf("Lists"),
    );
  }
  // What comes behind a group is counted, too.
  const behind = wire.record(14, 2, wire.text(""));
  for (const record of unknown) {
    assert.equal(
      costOf("Lists", record, behind) - record.length,
      costOf("Lists", behind),
    );
  }
});

for (const name of ["Scalars", "Lists", "Maps", "Google", "Everything"]) {
  Deno.test(`messageCostOf() counts any ${name} message, and gets as far as the decoder in whatever bytes come`, () => {
    const type = fixtureType(name);
    const cost = messageCostOf(type);
    const decode = decoderOf(type);
    fc.assert(
      fc.property(
        samples(type),
        fc.nat(),
        fc.uint8Array({ maxLength: 4 }),
        ({ bytes }, position, noise) => {
          const whole = cost(bytes);
          assert.ok(whole >= bytes.length);
          decode(bytes);
          // As a whole it is not counted short because of an error on the way.
          const last = wire.concat(
            bytes,
            wire.record(4_000, 0, wire.varint(1)),
          );
          assert.equal(cost(last) - last.length, whole - bytes.length);
          const at = bytes.length === 0 ? 0 : position % bytes.length;
          assert.ok(
            cost(
              wire.concat(bytes.subarray(0, at), noise, bytes.subarray(at)),
            ) >=
              0,
          );
        },
      ),
      { numRuns: name === "Everything" ? 20 : 100 },
    );
  });
}

Deno.test("messageCostOf() stops where messages are deeper than the decoder goes", () => {
  const deep = wire.nest([10], 50_000);
  const cost = messageCostOf(fixtureType("Everything"));
  assert.ok(cost(deep) < cost(wire.nest([10], 99)) + deep.length + 100_000);
  assert.throws(() => decoderOf(fixtureType("Everything"))(deep));
});

Deno.test("messageCostOf() counts as deep as the decoder goes, in maps and any JSON, too", () => {
  const list = wire.nested(4, new Uint8Array(1_000));
  const wrap = {
    self: (inside: Uint8Array) => wire.nested(10, inside),
    selves: (inside: Uint8Array) => wire.nested(11, inside),
    selvesByName: (inside: Uint8Array) =>
      wire.nested(12, wire.nested(2, inside)),
  };
  const decode = decoderOf(fixtureType("Everything"));
  for (const [name, around] of Object.entries(wrap)) {
    let [bytes, bare] = [
      wire.nested(4, list),
      wire.nested(4, new Uint8Array()),
    ];
    for (let levels = 0; levels < 99; levels++) {
      [bytes, bare] = [around(bytes), around(bare)];
    }
    decode(bytes);
    const counted = costOf("Everything", bytes) - costOf("Everything", bare);
    assert.ok(counted > 1_000 * 100, `${name}: ${counted}`);
  }
});

Deno.test("messageCostOf() does not count the same bytes twice where they share a buffer", () => {
  const around = Buffer.alloc(1_000, 0xff);
  const bytes = wire.record(14, 2, wire.text("abc"));
  around.set(bytes, 100);
  const part = around.subarray(100, 100 + bytes.length);
  assert.equal(
    messageCostOf(fixtureType("Lists"))(part),
    costOf("Lists", bytes),
  );
});

Deno.test("jsonCostsOf() counts an object as the dearest that it can become", () => {
  const encoder = new TextEncoder();
  const count = (text: string, type?: string) =>
    jsonCost(
      encoder.encode(text),
      type === undefined ? PARSED_JSON : jsonCostsOf([fixtureType(type)]),
    );
  // `Everything` holds `Maps`, whose empty message has 27 empty maps.
  const text = `{"maps":${"{}".padEnd(10)}}`;
  assert.ok(count(text, "Everything") - count(text) > 2 * 27 * 100);
  assert.ok(count(text, "Names") - count(text) > 100);
  assert.ok(count("[[],[]]", "Lists") > count("[[],[]]"), "bytes are dear");
  assert.equal(count("[[],[]]", "Names"), count("[[],[]]"));
});
