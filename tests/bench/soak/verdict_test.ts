import assert from "node:assert/strict";
import {
  judge,
  type Sample,
  slope,
  verdictText,
  WARM_UP_EVENTS,
} from "../../../bench/soak/verdict.ts";

/** Samples of a run of a million events, with memory in megabytes by events. */
function samples(
  memory: (events: number) => number,
  count = 100,
): readonly Sample[] {
  return Array.from({ length: count }, (_, index) => {
    const events = (index + 1) * 1_000_000 / count;
    const bytes = memory(events) * 1e6;
    return { seconds: index, events, memory: bytes, p99: 5 };
  });
}

Deno.test("slope() is that of the closest line", () => {
  assert.equal(slope([[0, 1], [1, 3], [2, 5]]), 2);
  assert.equal(slope([[0, 1], [1, 0], [2, 1], [3, 0], [4, 1]]), 0);
});

Deno.test("memory that goes up while the store fills, and then to and fro, is flat", () => {
  const found = judge(
    samples((events) =>
      events < WARM_UP_EVENTS ? 90 + events / 2_000 : 140 + events / 10_000 % 2
    ),
  );
  assert.equal(found.kind, "flat");
  assert.ok(found.memory >= 140e6 && found.memory <= 142e6);
  assert.match(verdictText(found), /^Memory is flat: 0\.0 MB per 100,000/);
});

Deno.test("memory that keeps 50 bytes of each event is growing", () => {
  const found = judge(samples((events) => 140 + 50 * events / 1e6));
  assert.equal(found.kind, "growing");
  assert.ok(Math.abs(found.bytesPerEvent - 50) < 1e-6);
  assert.match(verdictText(found), /^Memory is growing: 5\.0 MB per 100,000/);
});

Deno.test("memory that shrinks is not growing", () => {
  assert.equal(judge(samples((events) => 200 - events / 1e5)).kind, "flat");
});

Deno.test("a run with little after the warm-up says nothing", () => {
  const short = samples(() => 100).filter(({ events }) =>
    events < WARM_UP_EVENTS + 50_000
  );
  const found = judge(short);
  assert.equal(found.kind, "unknown");
  assert.match(verdictText(found), /^Too short/);
  assert.equal(judge([]).kind, "unknown");
});
