import assert from "node:assert/strict";
import fc from "fast-check";
import { AgsError } from "../../lib/ags/errors.ts";
import { createRateLimit } from "../../lib/core/rate_limit.ts";
import { FULFILLMENT, open, rejection } from "./_client.ts";
import { skipSleeps } from "./_sleeps.ts";

Deno.test("A limit lets a burst pass, and then one request an interval", () => {
  let time = 0;
  const limit = createRateLimit({ perMinute: 600, burst: 3, now: () => time });
  const waits = () => Array.from({ length: 5 }, () => limit.take(Infinity));
  assert.deepEqual(waits(), [0, 0, 0, 100, 200]);
  time = 1_000;
  assert.deepEqual(waits(), [0, 0, 0, 100, 200], "a quiet time fills it again");
});

Deno.test("A request that would have to wait too long takes no place", () => {
  const limit = createRateLimit({ perMinute: 600, burst: 1, now: () => 0 });
  assert.equal(limit.take(Infinity), 0);
  assert.equal(limit.take(99), 100);
  assert.equal(limit.take(99), 100);
  assert.equal(limit.take(100), 100);
  assert.equal(limit.take(100), 200);
});

Deno.test("A burst is a second's worth unless told otherwise, and at least one", () => {
  const burstOf = (perMinute: number) => {
    const limit = createRateLimit({ perMinute, now: () => 0 });
    let burst = 0;
    while (limit.take(0) === 0) burst++;
    return burst;
  };
  assert.deepEqual([1, 60, 5_000].map(burstOf), [1, 1, 83]);
});

Deno.test("In no window are there more requests than the limit and the burst allow", () => {
  fc.assert(fc.property(
    fc.integer({ min: 1, max: 100_000 }),
    fc.integer({ min: 1, max: 50 }),
    fc.array(fc.nat(5_000), { maxLength: 200 }),
    (perMinute, burst, pauses) => {
      let time = 0;
      const limit = createRateLimit({ perMinute, burst, now: () => time });
      const sent: number[] = [];
      for (const pause of pauses) {
        time += pause;
        const wait = limit.take(10_000);
        if (wait <= 10_000) sent.push(time + wait);
      }
      const interval = 60_000 / perMinute;
      for (let from = 0; from < sent.length; from++) {
        for (let to = from; to < sent.length; to++) {
          const window = (sent[to] ?? 0) - (sent[from] ?? 0);
          assert.ok(to - from + 1 <= burst + window / interval + 1e-6);
        }
      }
    },
  ));
});

Deno.test("Requests of all events share the limit, and wait for their place", async () => {
  await using session = await open({ rateLimit: 60 });
  using sleeps = skipSleeps(10_000);
  await Promise.all(["u1", "u2", "u3"].map((user) => session.grant(user)));
  assert.equal(session.seen(FULFILLMENT), 3);
  const [first = 0, second = 0] = sleeps.milliseconds
    .filter((each) => each > 0).toSorted((a, b) => a - b);
  assert.ok(first > 900 && first <= 1_000, `${first}`);
  assert.ok(second > 1_900 && second <= 2_000, `${second}`);
});

Deno.test("A request whose place comes after its event's time is not sent, and says when to come again", async () => {
  await using session = await open({ rateLimit: 60 });
  await session.grant("u1");
  const error = await rejection(
    session.grant("u2", { deadline: Date.now() + 500 }),
  );
  assert.ok(error instanceof AgsError);
  assert.ok(error.retryable);
  assert.match(error.message, /rate limit/);
  assert.ok((error.retryAfter ?? 0) > 500);
  assert.equal(session.seen(FULFILLMENT), 1);
});
