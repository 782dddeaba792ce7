import assert from "node:assert/strict";
import { join } from "node:path";
import { jsonCost } from "../../lib/core/json_cost.ts";
import { heapOf } from "../_support/heap.ts";
import { DEAR_JSON } from "./_dear_json.ts";

const encoder = new TextEncoder();

function costOf(text: string): number {
  return jsonCost(encoder.encode(text));
}

Deno.test("jsonCost() counts no less than what JSON takes once it is parsed", async () => {
  const sizes = await heapOf(join(import.meta.dirname!, "_dear_json.ts"), 4);
  const rows = Object.entries(DEAR_JSON).map(([name, text], at) => ({
    name,
    taken: sizes[at] ?? NaN,
    counted: costOf(text),
  }));
  const short = rows.filter(({ taken, counted }) => !(taken <= counted));
  assert.deepEqual(short, []);
  // Not so many more that what could be handled is refused.
  const long = rows.filter(({ taken, counted }) => counted > 8 * taken);
  assert.deepEqual(long, []);
});

Deno.test("jsonCost() counts the same for the same, whatever is in its strings", () => {
  const plain = costOf('{"a":"xxxxxxxx"}');
  for (const text of ["{{{{{{{{", "::::[[[[", ',,\\\\,\\",', '\\"\\"\\"\\"']) {
    assert.equal(costOf(`{"a":"${text}"}`), plain, text);
  }
});

Deno.test("jsonCost() counts what is not JSON, too", () => {
  for (const text of ["", '"', '"\\', '{"a', "]]]]", "\u0000", "nonsense"]) {
    assert.ok(costOf(text) > 0, text);
  }
});

Deno.test("jsonCost() counts objects of one shape for less than those that all differ", () => {
  const rows = (key: (at: number) => string) =>
    costOf(JSON.stringify(
      Array.from({ length: 1_000 }, (_, at) => ({ [key(at)]: 0, id: 1 })),
    ));
  assert.ok(rows(() => "same") < rows((at) => `k${at + 1_000}`) * 2 / 3);
});

Deno.test("jsonCost() counts more for more", () => {
  let last = 0;
  for (let count = 0; count < 5; count++) {
    const cost = costOf(`[${Array(count).fill("{}").join(",")}]`);
    assert.ok(cost > last);
    last = cost;
  }
});
