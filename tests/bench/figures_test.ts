import assert from "node:assert/strict";
import { compare, median, percentile } from "../../bench/figures.ts";

Deno.test("median() is the middle value, or the mean of the two middle ones", () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([10, 1, 2, 9]), 5.5);
  assert.equal(median([7]), 7);
});

Deno.test("median() orders by size, and leaves its argument as it is", () => {
  const values = [100, 9, 80];
  assert.equal(median(values), 80);
  assert.deepEqual(values, [100, 9, 80]);
});

Deno.test("percentile() takes the nearest rank", () => {
  const sorted = Array.from({ length: 200 }, (_, index) => index + 1);
  assert.equal(percentile(sorted, 50), 100);
  assert.equal(percentile(sorted, 99), 198);
  assert.equal(percentile(sorted, 100), 200);
  assert.equal(percentile([5], 99), 5);
  assert.equal(percentile([1, 2], 1), 1);
});

Deno.test("compare() gives the median of the rounds' ratios, not the ratio of the medians", () => {
  const found = compare([
    { baseline: 100, service: 50 },
    { baseline: 10, service: 9 },
    { baseline: 50, service: 40 },
  ]);
  assert.deepEqual(found, {
    baseline: 50,
    service: 40,
    ratio: 0.8,
    lowest: 0.5,
    highest: 0.9,
  });
});
