import assert from "node:assert/strict";
import { account } from "../../bench/faults/accounting.ts";
import { problemsOf } from "../../bench/faults/cell.ts";
import type { Delivered } from "../../bench/faults/connector.ts";
import { numberOf } from "../../bench/faults/numbers.ts";
import { delivered } from "./_events.ts";

/** Books with grants and dead letters by number. */
function tally(
  events: readonly Delivered[],
  grants: Readonly<Record<number, number>>,
  letters: readonly number[] = [],
) {
  return account(events, {
    grants: (userId) => grants[numberOf(userId)] ?? 0,
    letters: new Set(letters),
  });
}

const FINE = {
  delivered: 1,
  handled: 1,
  absorbed: 0,
  twice: 0,
  lost: 0,
  deadLettered: 0,
  unfinished: 0,
};

Deno.test("an event that was granted once is handled", () => {
  assert.deepEqual(tally([delivered(1)], { 1: 1 }), FINE);
});

Deno.test("an event that was granted twice is seen, whatever was answered", () => {
  const event = delivered(1, { deliveries: 2, oks: 1 });
  const found = tally([event], { 1: 2 });
  assert.deepEqual(found, { ...FINE, delivered: 2, twice: 1 });
});

Deno.test("an event that was answered OK and not granted is lost", () => {
  const found = tally([delivered(1)], {});
  assert.deepEqual(found, { ...FINE, handled: 0, lost: 1, absorbed: 1 });
});

Deno.test("an event that is a dead letter is not lost", () => {
  const found = tally([delivered(7, { oks: 0 })], {}, [7]);
  assert.deepEqual(found, { ...FINE, handled: 0, deadLettered: 1 });
});

Deno.test("OKs beyond the grants are absorbed duplicates", () => {
  const event = delivered(1, { deliveries: 5, oks: 4 });
  assert.equal(tally([event], { 1: 1 }).absorbed, 3);
  assert.equal(tally([event], { 1: 2 }).absorbed, 2);
  assert.equal(tally([event], { 1: 5 }).absorbed, 0);
});

Deno.test("events are counted one by one, not against each other", () => {
  const found = tally([delivered(1), delivered(2)], { 1: 2, 2: 0 });
  assert.deepEqual([found.twice, found.lost, found.handled], [1, 1, 1]);
});

const expected = {
  gap: undefined,
  letters: 0,
  lives: [],
  grace: 5_000,
  isDisturbed: true,
};

Deno.test("a cell in which all is as guaranteed has no problems", () => {
  assert.deepEqual(problemsOf(FINE, expected), []);
});

Deno.test("a grant too many is a problem where there is no gap, and a loss always", () => {
  const twice = { ...FINE, twice: 2 };
  assert.equal(problemsOf(twice, expected).length, 1);
  assert.deepEqual(problemsOf(twice, { ...expected, gap: "answer" }), []);
  const lost = { ...FINE, lost: 1 };
  assert.equal(problemsOf(lost, { ...expected, gap: "answer" }).length, 1);
});

Deno.test("events without an end, letters that are missing or too many, and a fault that did not happen are problems", () => {
  assert.equal(problemsOf({ ...FINE, unfinished: 3 }, expected).length, 1);
  assert.equal(problemsOf(FINE, { ...expected, letters: 1 }).length, 1);
  assert.equal(problemsOf({ ...FINE, deadLettered: 1 }, expected).length, 1);
  assert.equal(
    problemsOf(FINE, { ...expected, isDisturbed: false }).length,
    1,
  );
});

Deno.test("SIGTERM that ends in another code than 0, or late, is a problem; SIGKILL is not", () => {
  const problems = (
    signal: "SIGTERM" | "SIGKILL",
    code: number,
    milliseconds: number,
  ) =>
    problemsOf(FINE, { ...expected, lives: [{ signal, code, milliseconds }] })
      .length;
  assert.equal(problems("SIGTERM", 0, 100), 0);
  assert.equal(problems("SIGTERM", 143, 100), 1);
  assert.equal(problems("SIGTERM", 0, 60_000), 1);
  assert.equal(problems("SIGKILL", 137, 10), 0);
});
