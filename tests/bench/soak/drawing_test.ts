import assert from "node:assert/strict";
import { plot } from "../../../bench/soak/plot.ts";
import { soakSvg } from "../../../bench/soak/svg.ts";

Deno.test("plot() draws columns as high as their values, in eighths of a line", () => {
  assert.equal(
    plot([0, 4, 8, 12, 16], { title: "Things", height: 2 }),
    [
      "Things",
      "      16 ┤   ▄█",
      "       0 ┤ ▄███",
    ].join("\n"),
  );
});

Deno.test("plot() keeps the largest of what shares a column", () => {
  const values = Array.from({ length: 100 }, (_, at) => at === 37 ? 8 : 1);
  const [, line = ""] = plot(values, { title: "", height: 1, width: 10 })
    .split("\n");
  assert.equal(line, "     8.0 ┤▁▁▁█▁▁▁▁▁▁");
});

Deno.test("plot() draws nothing but zeros, and nothing at all", () => {
  assert.match(plot([0, 0], { title: "", height: 1 }), /┤ {2}$/);
  assert.match(plot([], { title: "", height: 1 }), /┤$/);
});

Deno.test("soakSvg() draws both figures over the events", () => {
  const svg = soakSvg([
    { seconds: 1, events: 500, memory: 50e6, p99: 2 },
    { seconds: 2, events: 1_000, memory: 100e6, p99: 1 },
  ]);
  const [memory, p99, ...others] = [...svg.matchAll(/points="([^"]+)"/g)]
    .map(([, points]) => points);
  assert.deepEqual(others, []);
  // From 60 to 780 across, 192 (zero) to 34 (most) down: 100 MB, and 2 ms.
  assert.equal(memory, "420.0,113.0 780.0,34.0");
  assert.equal(p99, "420.0,34.0 780.0,113.0");
  assert.match(svg, /1,000 events/);
});
