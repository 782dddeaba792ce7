import assert from "node:assert/strict";
import fc from "fast-check";
import {
  MAX_STATE_LENGTH,
  StateTooLargeError,
  type StateValue,
} from "event-handler/web-pubsub";
import {
  ChangingState,
  decodeState,
  encodeState,
  ReceivedState,
} from "../../lib/webpubsub/state.ts";

const plain = (value: unknown) => JSON.parse(JSON.stringify(value));

Deno.test("decodeState() reads base64 of a JSON object in UTF-8", () => {
  for (
    const [header, wanted] of [
      ["eyJrZXkiOiAibmV4dF9zdGF0ZSJ9", { key: "next_state" }],
      ["eyJrZXkiOiJuZXh0X3N0YXRlIn0=", { key: "next_state" }],
      ["eyJrZXkiOiJhIn0=", { key: "a" }],
      ["e30=", {}],
      ["eyJrIjoiw6kifQ==", { k: "é" }],
      ["eyJrIjogIlx1MDBlOSJ9", { k: "é" }],
      // As .NET writes it: each value is base64 of its own.
      ["eyJrZXkiOiJJbUVpIn0=", { key: "ImEi" }],
    ] as const
  ) {
    assert.deepEqual(decodeState(header), wanted);
  }
});

Deno.test("decodeState() takes what it cannot read for empty, and raw keeps it", () => {
  const deep = btoa(`{"a":${"[".repeat(500)}${"]".repeat(500)}}`);
  for (
    const header of [
      undefined,
      "",
      "!",
      "W10=", // []
      "bnVsbA==", // null
      "MQ==", // 1
      "ew==", // {
      btoa('{"k":"\xe9"}'), // Latin-1
      deep,
    ]
  ) {
    assert.deepEqual(decodeState(header), {}, `${header}`);
    assert.equal(new ReceivedState(header).raw, header);
  }
});

Deno.test("A state that nobody changes has no header", () => {
  const state = new ChangingState("eyJrZXkiOiJhIn0=");
  assert.equal(state.get("key"), "a");
  assert.equal(state.has("toString"), false);
  assert.equal(state.header, undefined);
});

Deno.test("A state is sent whole: what came, with the changes", () => {
  const state = new ChangingState("eyJrZXkiOiJhIn0=");
  state.set("n", 1);
  assert.equal(state.header, "eyJrZXkiOiJhIiwibiI6MX0=");
  state.set("n", 2);
  state.set("list", ["", null, { a: true }]);
  assert.deepEqual(decodeState(state.header), {
    key: "a",
    n: 2,
    list: ["", null, { a: true }],
  });
  state.delete("key");
  assert.deepEqual(Object.keys(decodeState(state.header)), ["n", "list"]);
  state.clear();
  assert.equal(state.header, "e30=");
  assert.equal(state.raw, "eyJrZXkiOiJhIn0=");
});

Deno.test("A state keeps values as they were when they were set", () => {
  const state = new ChangingState(undefined);
  const list = [1];
  state.set("list", list);
  list.push(2);
  assert.deepEqual(state.get("list"), [1]);
});

Deno.test("A state that is too large is refused when it is set, and stays as it was", () => {
  const state = new ChangingState(undefined);
  state.set("a", 1);
  const before = state.header;
  assert.throws(() => state.set("b", "x".repeat(MAX_STATE_LENGTH)), (error) => {
    assert.ok(error instanceof StateTooLargeError);
    assert.match(error.message, /"b".*16384/);
    return true;
  });
  assert.equal(state.header, before);
  // base64 has 4 characters for 3 bytes; {"c":""} and {"a":1,} are 8 bytes with it.
  const largest = MAX_STATE_LENGTH / 4 * 3 - '{"a":1,"c":""}'.length;
  state.set("c", "x".repeat(largest));
  assert.equal(state.header?.length, MAX_STATE_LENGTH);
  assert.throws(() => state.set("c", "x".repeat(largest + 1)), RangeError);
});

Deno.test("A state refuses what JSON cannot say", () => {
  const state = new ChangingState(undefined);
  const circle: unknown[] = [];
  circle.push(circle);
  for (const value of [undefined, () => {}, Symbol("s"), 1n, circle]) {
    assert.throws(() => state.set("x", value as StateValue), TypeError);
  }
  assert.equal(state.header, undefined);
});

Deno.test("A state that is encoded decodes to itself, whatever its names", () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 })),
      (state) => {
        const header = encodeState(
          Object.entries(state) as [string, StateValue][],
        );
        assert.match(header, /^[A-Za-z0-9+/]*={0,2}$/);
        assert.deepEqual(plain(decodeState(header)), plain(state));
      },
    ),
  );
  const header = encodeState([["__proto__", { polluted: true }]]);
  const read = new ReceivedState(header);
  assert.deepEqual(read.get("__proto__"), { polluted: true });
  assert.equal(({} as Record<string, unknown>)["polluted"], undefined);
});

Deno.test("decodeState() never throws", () => {
  fc.assert(fc.property(fc.string(), (header) => {
    assert.equal(typeof decodeState(header), "object");
  }));
});
