import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { bytesId, contentId } from "../../lib/core/event_id.ts";

const TYPE = "group.memberLeft";

/** The same value with the keys of every object in another order. */
function reordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reordered);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).reverse().map(([key, item]) => [
      key,
      reordered(item),
    ]),
  );
}

Deno.test("contentId() is a SHA-256 in hexadecimal digits", () => {
  assert.match(contentId(TYPE, { groupId: "g" }), /^sha256-[0-9a-f]{64}$/);
});

Deno.test("contentId() stays what it is: a redelivery may come to a newer version", () => {
  const content = `${TYPE}\n{"a":[{"c":1,"d":null}],"b":"ü"}`;
  assert.equal(
    contentId(TYPE, { b: "ü", a: [{ d: null, c: 1 }] }),
    `sha256-${createHash("sha256").update(content).digest("hex")}`,
  );
});

Deno.test("contentId() does not care about the order of keys, at any depth", () => {
  fc.assert(fc.property(fc.jsonValue(), (data) => {
    assert.equal(contentId(TYPE, reordered(data)), contentId(TYPE, data));
  }));
});

Deno.test("contentId() tells contents apart", () => {
  const json = fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)));
  fc.assert(fc.property(json, json, (a, b) => {
    assert.equal(
      contentId(TYPE, a) === contentId(TYPE, b),
      isDeepStrictEqual(a, b),
    );
  }));
});

Deno.test("contentId() cares about the order of items and about the type", () => {
  assert.notEqual(contentId(TYPE, [1, 2]), contentId(TYPE, [2, 1]));
  assert.notEqual(contentId(TYPE, {}), contentId("group.memberKicked", {}));
});

Deno.test("contentId() takes an absent field for an undefined one, and a key for any text", () => {
  assert.equal(
    contentId(TYPE, { a: 1, b: undefined }),
    contentId(TYPE, { a: 1 }),
  );
  const odd = JSON.parse('{"__proto__":{"x":1}}');
  assert.notEqual(contentId(TYPE, odd), contentId(TYPE, {}));
  assert.equal(({} as Record<string, unknown>).x, undefined);
});

Deno.test("bytesId() hashes the bytes as they are", () => {
  assert.equal(
    bytesId(new Uint8Array()),
    "sha256-e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  );
  assert.notEqual(bytesId(Uint8Array.of(0)), bytesId(Uint8Array.of(1)));
});
