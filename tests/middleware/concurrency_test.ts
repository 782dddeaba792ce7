import assert from "node:assert/strict";
import fc from "fast-check";
import type { Next } from "../../lib/core/dispatcher.ts";
import { HANDLED, OVERLOADED, type Result } from "../../lib/core/outcome.ts";
import { concurrency } from "../../lib/middleware/concurrency.ts";
import { testDelivery } from "../_support/delivery.ts";
import { settle } from "../_support/fake_time.ts";

/** The rest of a pipe that ends each event when a test says so. */
function gate(): {
  readonly next: Next;
  readonly waiting: PromiseWithResolvers<Result>[];
} {
  const waiting: PromiseWithResolvers<Result>[] = [];
  return {
    waiting,
    next: () => {
      const end = Promise.withResolvers<Result>();
      waiting.push(end);
      return end.promise;
    },
  };
}

Deno.test("concurrency() lets exactly as many events in as the limit says", async () => {
  const limit = concurrency(3);
  const { next, waiting } = gate();
  const results = Array.from(
    { length: 5 },
    () => limit(testDelivery(), next),
  );
  assert.equal(waiting.length, 3);
  // The ones beyond the limit are answered while the others still run.
  assert.deepEqual(await Promise.all(results.slice(3)), [
    OVERLOADED,
    OVERLOADED,
  ]);
  for (const each of waiting) each.resolve(HANDLED);
  assert.deepEqual(await Promise.all(results.slice(0, 3)), [
    HANDLED,
    HANDLED,
    HANDLED,
  ]);
});

Deno.test("concurrency() gives the place of an ended event to the next one", async () => {
  const limit = concurrency(1);
  const { next, waiting } = gate();
  for (let round = 0; round < 3; round++) {
    const result = limit(testDelivery(), next);
    assert.equal(await limit(testDelivery(), next), OVERLOADED);
    waiting[round]?.resolve(HANDLED);
    assert.equal(await result, HANDLED);
  }
  assert.equal(waiting.length, 3);
});

Deno.test("concurrency() gives the place back when the rest of the pipe throws or rejects", async () => {
  const limit = concurrency(1);
  const error = new Error("boom");
  await assert.rejects(
    limit(testDelivery(), () => {
      throw error;
    }),
    error,
  );
  await assert.rejects(
    limit(testDelivery(), () => Promise.reject(error)),
    error,
  );
  const result = await limit(testDelivery(), () => Promise.resolve(HANDLED));
  assert.equal(result, HANDLED);
});

Deno.test("concurrency() counts each middleware's own events only", async () => {
  const { next, waiting } = gate();
  const results = [concurrency(1), concurrency(1)].map((limit) =>
    limit(testDelivery(), next)
  );
  assert.equal(waiting.length, 2);
  for (const each of waiting) each.resolve(HANDLED);
  assert.deepEqual(await Promise.all(results), [HANDLED, HANDLED]);
});

Deno.test("concurrency() never loses count, whatever the order of ends", async () => {
  const step = fc.oneof(
    { weight: 3, arbitrary: fc.constant({ kind: "arrive" } as const) },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant("end" as const),
        which: fc.nat(),
        throws: fc.boolean(),
      }),
    },
  );
  await fc.assert(fc.asyncProperty(
    fc.integer({ min: 1, max: 4 }),
    fc.array(step, { maxLength: 40 }),
    async (max, steps) => {
      const limit = concurrency(max);
      const { next, waiting } = gate();
      const results: Promise<unknown>[] = [];
      let running = 0;
      for (const each of steps) {
        if (each.kind === "arrive") {
          const before = waiting.length;
          results.push(limit(testDelivery(), next).catch(() => {}));
          assert.equal(waiting.length - before, running < max ? 1 : 0);
          running = waiting.length;
        } else if (running > 0) {
          const [ended] = waiting.splice(each.which % running, 1);
          if (each.throws) ended?.reject(new Error("boom"));
          else ended?.resolve(HANDLED);
          await settle();
          running = waiting.length;
        }
      }
      for (const each of waiting) each.resolve(HANDLED);
      await Promise.all(results);
    },
  ));
});
