import assert from "node:assert/strict";
import fc from "fast-check";
import type { Event } from "../../lib/core/event.ts";
import { matching, PatternError, TerminalError } from "../../lib/mod.ts";
import { compilePattern } from "../../lib/matching/compile_pattern.ts";

function event(data: unknown, more: Partial<Event> = {}): Event {
  return {
    id: "id-1",
    type: "clientEvents.purchase",
    source: "clientevents",
    subject: "player-1",
    namespace: "game",
    data,
    ...more,
  };
}

Deno.test("matching: compares an event's data and what else is said of it", () => {
  const filter = matching({
    type: [{ prefix: "clientEvents." }],
    namespace: ["game"],
    detail: { schemaVersion: [2], data: { price: [{ numeric: [">=", 10] }] } },
  });
  const good = { schemaVersion: 2, data: { price: 10 } };
  assert.equal(filter(event(good)), true);
  assert.equal(filter(event({ ...good, schemaVersion: 1 })), false);
  assert.equal(filter(event({ ...good, data: { price: 9.99 } })), false);
  assert.equal(filter(event(good, { namespace: "other" })), false);
  assert.equal(filter(event(undefined)), false);
});

Deno.test("matching: an attribute that an event lacks does not exist", () => {
  const filter = matching({ time: [{ exists: false }] });
  assert.equal(filter(event({})), true);
  assert.equal(filter(event({}, { time: "2026-01-01T00:00:00Z" })), false);
});

Deno.test("matching: takes alternatives", () => {
  const filter = matching({
    source: ["clientevents"],
    $or: [{ detail: { a: [1] } }, { subject: ["player-2"] }],
  });
  assert.equal(filter(event({ a: 1 })), true);
  assert.equal(filter(event({ a: 2 })), false);
  assert.equal(filter(event({ a: 2 }, { subject: "player-2" })), true);
});

Deno.test("matching: refuses at once what makes no sense, and says where", () => {
  const refused: readonly [unknown, RegExp][] = [
    [{}, /Pattern is empty/],
    [null, /compared with nothing/],
    [{ detail: { a: "x" } }, /Field "detail.a" of pattern is compared with/],
    [{ detail: { a: [] } }, /"detail.a".*at least one item/],
    [{ detail: { a: [{ unknown: 1 }] } }, /"detail.a".*prefix, suffix/],
    [{ detail: { a: [{ numeric: [">", 5, "<", 5] }] } }, /"numeric"/],
    [{ detail: { a: [2 ** 53] } }, /a number that is not exact/],
    [{ region: ["eu"] }, /field "region": expected detail, type, source/],
    [{ $or: [{ id: ["a"] }, { account: ["b"] }] }, /field "account"/],
    [
      { detail: { a: [1], $or: [{ a: [2] }, { b: [3] }] } },
      /"detail.a".*twice/,
    ],
  ];
  for (const [pattern, message] of refused) {
    assert.throws(
      () => matching(pattern as Parameters<typeof matching>[0]),
      (error) => error instanceof PatternError && message.test(error.message),
      JSON.stringify(pattern),
    );
  }
});

Deno.test("matching: a pattern has no more ways to match than EventBridge allows", () => {
  const way = (letter: string, count: number) => ({
    $or: Array.from({ length: count }, (_, index) => ({ [letter]: [index] })),
  });
  const detail = (count: number) => ({
    a: way("x", 10),
    b: way("y", 10),
    c: way("z", count),
  });
  const filter = matching({ detail: detail(10) });
  assert.equal(filter(event({ a: { x: 3 }, b: { y: 4 }, c: { z: 5 } })), true);
  assert.equal(filter(event({ a: { x: 3 }, b: { y: 4 } })), false);
  assert.throws(() => matching({ detail: detail(11) }), PatternError);
});

Deno.test("matching: what is not a pattern does not compile", () => {
  const wrong = () => {
    // @ts-expect-error: a field is compared with an array
    matching({ detail: { a: "x" } });
    // @ts-expect-error: no such operator
    matching({ detail: { a: [{ startsWith: "x" }] } });
    // @ts-expect-error: the lower bound comes first
    matching({ detail: { a: [{ numeric: ["<", 5, ">", 0] }] } });
    // @ts-expect-error: no event has it
    matching({ "detail-type": ["prod"] });
    // @ts-expect-error: texts or numbers
    matching({ detail: { a: [{ "anything-but": ["x", 1] }] } });
  };
  assert.equal(typeof wrong, "function");
});

Deno.test("event patterns: never throw over an event, however odd", () => {
  const match = compilePattern({
    a: { b: [{ prefix: "x" }, 1], c: [{ exists: false }] },
    $or: [{ d: [{ wildcard: "a*b*c" }] }, { e: [{ cidr: "10.0.0.0/8" }] }],
  });
  const names = fc.constantFrom("a", "b", "c", "d", "e", "__proto__", "a.b");
  const value = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: "medium" },
      fc.constantFrom("x", "abc", "10.1.2.3", "", "::1"),
      fc.jsonValue(),
      fc.array(tie("value"), { maxLength: 4 }),
      fc.dictionary(names, tie("value"), { maxKeys: 5 }),
    ),
  })).value;
  fc.assert(fc.property(value, (each) => {
    assert.equal(
      typeof match(JSON.parse(JSON.stringify(each) ?? "null")),
      "boolean",
    );
  }));
});

Deno.test("event patterns: what is in more than 1,000 objects and arrays is not looked at", () => {
  const match = compilePattern({ a: { b: [1] } });
  assert.equal(match(nested(990)), true);
  assert.equal(match(nested(1_000)), false);
  assert.equal(match(nested(200_000)), false);
});

/** `{ a: [[[…{ b: 1 }…]]] }` */
function nested(depth: number): unknown {
  let value: unknown = { b: 1 };
  for (let level = 0; level < depth; level++) value = [value];
  return { a: value };
}

Deno.test("event patterns: long arrays cost no more than their length", () => {
  const items = Array.from(
    { length: 2_000 },
    (_, index) => ({ k: index, l: 1 }),
  );
  const match = compilePattern({
    a: { k: [{ "anything-but": -1 }] },
    b: { k: [{ "anything-but": -1 }] },
    c: { k: [{ "anything-but": -1 }] },
    d: { k: [{ numeric: ["<", 0] }] },
  });
  // 16,000,000,000,000 ways to choose; those that cannot matter are tried once.
  assert.equal(match({ a: items, b: items, c: items, d: items }), false);
  const text = `${"a".repeat(200_000)}b`;
  const wildcard = compilePattern({ a: [{ wildcard: "*a*a*a*a*a*a*c*" }] });
  assert.equal(wildcard({ a: text }), false);
});

Deno.test("event patterns: an event that is made to take for ever is rejected", () => {
  const match = compilePattern({ a: { b: [1], "c.d": [1], "c.e": [1] } });
  // Every "b" goes with every "d", and none of these pairs with an "e".
  const tangled = (count: number) => ({
    a: [...Array.from({ length: count }, () => ({ b: 1 })), { "c.e": 1 }],
    "a.c": [...Array.from({ length: count }, () => ({ d: 1 })), { e: 1 }],
  });
  assert.equal(match(tangled(100)), false);
  assert.throws(() => match(tangled(2_000)), TerminalError);
});
