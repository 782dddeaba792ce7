import assert from "node:assert/strict";
import { BenchError } from "../../../bench/errors.ts";
import {
  catchUpOf,
  doneAt,
  growthOf,
  rateOf,
  timeOf,
  together,
  type Track,
} from "../../../bench/kafka/samples.ts";

function track(...samples: readonly (readonly [number, number])[]): Track {
  return samples.map(([at, done]) => ({ at, done }));
}

Deno.test("together() adds what each process had done last, in the order of time", () => {
  const found = together([
    track([10, 0], [30, 5], [50, 9]),
    track([20, 2], [40, 4]),
  ]);
  assert.deepEqual(
    found,
    track([10, 0], [20, 2], [30, 7], [40, 9], [50, 13]),
  );
});

Deno.test("timeOf() finds the time between two samples", () => {
  const done = track([100, 0], [200, 0], [300, 50], [400, 50], [500, 60]);
  assert.equal(timeOf(0, done), 100);
  assert.equal(timeOf(10, done), 220);
  assert.equal(timeOf(50, done), 300);
  assert.equal(timeOf(51, done), 410);
});

Deno.test("timeOf() refuses what was never done", () => {
  assert.throws(
    () => timeOf(61, track([1, 60])),
    new BenchError("60 records were done: expected 61"),
  );
  assert.throws(() => timeOf(1, []), BenchError);
});

Deno.test("doneAt() knows what was said until then", () => {
  const done = track([100, 1], [200, 7]);
  assert.equal(doneAt(99, done), 0);
  assert.equal(doneAt(199, done), 1);
  assert.equal(doneAt(200, done), 7);
});

Deno.test("rateOf() leaves out the first tenth, and all after the last record", () => {
  // A slow start, then 100 a second each, then nothing.
  const rate = rateOf(1_000, [
    track([0, 0], [5_000, 50], [9_500, 500], [60_000, 500]),
    track([0, 0], [5_000, 50], [9_500, 500]),
  ]);
  assert.equal(rate, 200);
});

Deno.test("rateOf() refuses a run that did not do all", () => {
  assert.throws(() => rateOf(100, [track([0, 0], [9, 99])]), BenchError);
});

/** 100 a second are published. */
const PUBLISHED = track([0, 0], [1_000, 100], [2_000, 200], [3_000, 300], [
  4_000,
  400,
]);

Deno.test("catchUpOf() tells how long a group needed until nothing waited", () => {
  const found = catchUpOf({
    published: PUBLISHED,
    before: 60,
    handled: track([1_500, 0], [2_100, 0], [2_200, 30], [3_100, 235], [
      4_000,
      340,
    ]),
    startedAt: 1_000,
    margin: 10,
  });
  assert.deepEqual(found, {
    backlog: 40,
    firstAfter: 1.1,
    caughtUpAfter: 2.1,
    rate: 235,
  });
});

Deno.test("catchUpOf() has no answer while more waits than is on its way", () => {
  const options = {
    published: PUBLISHED,
    before: 60,
    startedAt: 1_000,
    margin: 10,
  };
  const handled = track([1_500, 0], [3_100, 229]);
  assert.equal(catchUpOf({ ...options, handled }), undefined);
  assert.equal(catchUpOf({ ...options, handled: [] }), undefined);
});

Deno.test("catchUpOf() does not take a group for caught up that has begun with nothing", () => {
  const found = catchUpOf({
    published: PUBLISHED,
    before: 100,
    handled: track([1_100, 0], [1_200, 0]),
    startedAt: 1_000,
    margin: 10,
  });
  assert.equal(found, undefined);
});

Deno.test("growthOf() compares the second quarter's middle with the last's", () => {
  const memory = [1, 2, 3, 10, 11, 90, 50, 50, 50, 20, 21, 22];
  assert.deepEqual(growthOf(memory), { early: 11, late: 21 });
});

Deno.test("growthOf() refuses too few figures", () => {
  assert.throws(() => growthOf([1, 2, 3, 4, 5, 6, 7]), BenchError);
});
