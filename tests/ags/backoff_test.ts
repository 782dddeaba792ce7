import assert from "node:assert/strict";
import fc from "fast-check";
import { type BackoffOptions, nextDelay } from "../../lib/ags/backoff.ts";

const first = { attempt: 1, timeLeft: Infinity, retryAfter: undefined };

Deno.test("nextDelay() doubles the bound of the delay with each attempt", () => {
  const options = { baseDelay: 100, maxDelay: 1_000, random: () => 0.5 };
  const delays = [1, 2, 3, 4].map((attempt) =>
    nextDelay({ ...first, attempt }, options)
  );
  assert.deepEqual(delays, [50, 100, 200, 400]);
});

Deno.test("nextDelay() has no bound above maxDelay", () => {
  const options = { maxAttempts: 100, maxDelay: 700, random: () => 0.5 };
  assert.equal(nextDelay({ ...first, attempt: 60 }, options), 350);
});

Deno.test("nextDelay() gives up after five attempts by default", () => {
  const options = { random: () => 0 };
  assert.equal(nextDelay({ ...first, attempt: 4 }, options), 0);
  assert.equal(nextDelay({ ...first, attempt: 5 }, options), undefined);
});

Deno.test("nextDelay() waits as long as AGS asked for, above maxDelay too", () => {
  const failed = { ...first, retryAfter: 60_000 };
  assert.equal(nextDelay(failed, { maxDelay: 10 }), 60_000);
});

Deno.test("nextDelay() gives up when the deadline would pass meanwhile", () => {
  const failed = { ...first, retryAfter: 2_000 };
  assert.equal(nextDelay({ ...failed, timeLeft: 2_001 }), 2_000);
  assert.equal(nextDelay({ ...failed, timeLeft: 2_000 }), undefined);
  assert.equal(nextDelay({ ...first, timeLeft: -1 }), undefined);
});

Deno.test("nextDelay() waits a minute at most for what AGS asked for", () => {
  const failed = { ...first, retryAfter: 2 ** 31 };
  assert.equal(nextDelay(failed), 60_000);
});

const options: fc.Arbitrary<Required<BackoffOptions>> = fc.record({
  maxAttempts: fc.integer({ min: 1, max: 20 }),
  baseDelay: fc.integer({ min: 1, max: 10_000 }),
  maxDelay: fc.integer({ min: 1, max: 100_000 }),
  random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
    .map((value) => () => value),
});

const failure = fc.record({
  attempt: fc.integer({ min: 1, max: 25 }),
  timeLeft: fc.oneof(
    fc.constant(Infinity),
    fc.integer({ min: -1_000, max: 200_000 }),
  ),
  retryAfter: fc.option(fc.integer({ min: 0, max: 200_000 }), {
    nil: undefined,
  }),
});

Deno.test("nextDelay() is within full jitter's bounds, what AGS asked for and the deadline", () => {
  fc.assert(fc.property(failure, options, (failed, options) => {
    const delay = nextDelay(failed, options);
    const { attempt, timeLeft } = failed;
    const retryAfter = Math.min(60_000, failed.retryAfter ?? 0);
    if (delay === undefined) return;
    assert.ok(attempt < options.maxAttempts);
    assert.ok(delay >= retryAfter && delay >= 0 && delay < timeLeft);
    const bound = Math.min(
      options.maxDelay,
      options.baseDelay * 2 ** (attempt - 1),
    );
    assert.ok(delay <= Math.max(bound, retryAfter));
  }));
});

Deno.test("nextDelay() never gives up while attempts and time are left", () => {
  fc.assert(fc.property(failure, options, (failed, options) => {
    fc.pre(failed.attempt < options.maxAttempts);
    const longest = Math.max(options.maxDelay, failed.retryAfter ?? 0);
    fc.pre(failed.timeLeft > longest);
    assert.notEqual(nextDelay(failed, options), undefined);
  }));
});
