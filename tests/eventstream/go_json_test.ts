import assert from "node:assert/strict";
import fc from "fast-check";
import { EncodingError } from "../../lib/eventstream/errors.ts";
import { goJson, goString } from "../../lib/eventstream/go_json.ts";

// What Go's encoding/json writes, by its documentation and source: field order by key,
// HTML escapes, shortest floats in ECMAScript's form.
const CASES:
  readonly (readonly [name: string, value: unknown, json: string])[] = [
    ["keys are sorted", { b: 1, a: 2, B: 3 }, `{"B":3,"a":2,"b":1}`],
    [
      "keys are sorted by code points, not by UTF-16 units",
      { "\u{1F600}": 1, "\uFF5E": 2 },
      `{"\uFF5E":2,"\u{1F600}":1}`,
    ],
    ["a key comes before those it begins", { ab: 1, a: 2 }, `{"a":2,"ab":1}`],
    [
      "HTML characters are escaped, in keys too",
      { "<k>": "a<b>&c" },
      String.raw`{"\u003ck\u003e":"a\u003cb\u003e\u0026c"}`,
    ],
    [
      "line separators are escaped",
      "\u2028 \u2029",
      String.raw`"\u2028 \u2029"`,
    ],
    [
      "control characters have short forms where Go has them",
      '\b\f\n\r\t\u0000\u001f\u007f"\\/',
      `"\\b\\f\\n\\r\\t\\u0000\\u001f\u007f\\"\\\\/"`,
    ],
    [
      "a lone surrogate is U+FFFD",
      "a\uD800b\uDC00",
      String.raw`"a\ufffdb\ufffd"`,
    ],
    ["pairs stay", "\u{1F600}", `"\u{1F600}"`],
    ["large numbers", 1e21, "1e+21"],
    ["numbers just below", 123456789012345680000, "123456789012345680000"],
    ["small numbers", 1e-7, "1e-7"],
    ["numbers just above", 0.000001, "0.000001"],
    ["minus zero", -0, "-0"],
    ["64-bit integers", 9223372036854775807n, "9223372036854775807"],
    ["bytes are base64", new Uint8Array([1, 2, 255]), `"AQL/"`],
    ["dates", new Date(0), `"1970-01-01T00:00:00.000Z"`],
    [
      "members without value are left out",
      { a: undefined, b: null },
      `{"b":null}`,
    ],
    ["items without value are null", [undefined, 1], "[null,1]"],
  ];

for (const [name, value, json] of CASES) {
  Deno.test(`JSON as Go writes it: ${name}`, () => {
    assert.equal(goJson(value), json);
  });
}

Deno.test("JSON as Go writes it says the same as any other", () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => {
    // Written once more: JSON.stringify() makes 0 of -0, Go does not.
    assert.deepEqual(
      JSON.parse(JSON.stringify(JSON.parse(goJson(value)))),
      JSON.parse(JSON.stringify(value)),
    );
  }));
});

Deno.test("strings as Go writes them have no HTML, and mean the same", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    const json = goString(text);
    assert.doesNotMatch(json, /[<>&\u2028\u2029]/);
    assert.equal(JSON.parse(json), text.toWellFormed());
  }));
});

Deno.test("keys come out in the order of their UTF-8 bytes", () => {
  const keys = fc.uniqueArray(fc.string({ unit: "grapheme" }), {
    maxLength: 8,
  });
  fc.assert(fc.property(keys, (names) => {
    const object = Object.fromEntries(names.map((name) => [name, 0]));
    const found = [...goJson(object).matchAll(/("(?:[^"\\]|\\.)*"):0/g)]
      .map(([, name]) => JSON.parse(name ?? "") as string);
    const bytes = (text: string) => new TextEncoder().encode(text);
    const sorted = Object.keys(object).sort((a, b) =>
      compareBytes(bytes(a), bytes(b))
    );
    assert.deepEqual(found, sorted);
  }));
});

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  for (const [index, byte] of a.entries()) {
    const other = b[index];
    if (other === undefined) return 1;
    if (byte !== other) return byte - other;
  }
  return a.length - b.length;
}

for (
  const value of [NaN, Infinity, () => {}, new Map(), new Set(), undefined]
) {
  Deno.test(`what has no JSON is refused: ${String(value)}`, () => {
    assert.throws(() => goJson(value), EncodingError);
    if (value !== undefined) {
      assert.throws(
        () => goJson([value]),
        EncodingError,
      );
    }
  });
}

Deno.test("a circle is refused", () => {
  const circle: Record<string, unknown> = {};
  circle["again"] = circle;
  assert.throws(() => goJson(circle), EncodingError);
});
