import assert from "node:assert/strict";
import fc from "fast-check";
import {
  boundedCost,
  JsonBoundError,
  parseBoundedJson,
} from "../../lib/core/bounded_json.ts";

const encoder = new TextEncoder();
const MANY = 1_000_000;

function parse(text: string, maxDepth: number): unknown {
  return parseBoundedJson(encoder.encode(text), { maxCost: MANY, maxDepth });
}

function depthOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

Deno.test("parseBoundedJson() parses what nests no deeper than it may, and nothing else", () => {
  fc.assert(
    fc.property(fc.json(), fc.integer({ min: 0, max: 6 }), (text, maxDepth) => {
      const value = JSON.parse(text);
      if (depthOf(value) <= maxDepth) {
        assert.deepEqual(parse(text, maxDepth), value);
      } else assert.throws(() => parse(text, maxDepth), JsonBoundError);
    }),
    { numRuns: 500 },
  );
});

Deno.test("parseBoundedJson() takes brackets in strings for text", () => {
  const text = JSON.stringify({ '[[[["\\': '{{{{"]]', list: ["\\", "]"] });
  assert.deepEqual(parse(text, 2), JSON.parse(text));
});

Deno.test("parseBoundedJson() does not parse what takes more than it may", () => {
  const json = encoder.encode(`[${Array(1_000).fill("[]").join()}]`);
  const cost = boundedCost(json, { maxCost: MANY });
  assert.ok(cost > 20 * json.length, `${cost}`);
  parseBoundedJson(json, { maxCost: cost });
  assert.throws(
    () => parseBoundedJson(json, { maxCost: cost - 1 }),
    new JsonBoundError(
      `JSON of ${json.length} bytes takes ${cost} in memory: expected at most ${
        cost - 1
      }`,
    ),
  );
});

Deno.test("parseBoundedJson() says of what is not JSON that it is none", () => {
  for (const text of ["", "{", '"', "nul", "<html>", "]]]]", "\u0000"]) {
    assert.throws(() => parse(text, 9), SyntaxError, text);
  }
});
