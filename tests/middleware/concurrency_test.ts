import assert from "node:assert/strict";
import fc from "fast-check";
import type { Middleware, Next } from "../../lib/core/dispatcher.ts";
import { CancelledError, DeadlineError } from "../../lib/core/errors.ts";
import { HANDLED, OVERLOADED, type Result } from "../../lib/core/outcome.ts";
import { createConcurrency } from "../../lib/middleware/concurrency.ts";
import { testDelivery } from "../_support/delivery.ts";
import { fakeTime, settle } from "../_support/fake_time.ts";

/** A bound without a queue. */
function concurrency(limit: number): Middleware {
  return createConcurrency({ limit, queueLimit: 0 }).middleware;
}

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

Deno.test("createConcurrency() lets exactly as many events in as the limit says", async () => {
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

Deno.test("createConcurrency() gives the place of an ended event to the next one", async () => {
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

Deno.test("createConcurrency() gives the place back when the rest of the pipe throws or rejects", async () => {
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

Deno.test("createConcurrency() counts each middleware's own events only", async () => {
  const { next, waiting } = gate();
  const results = [concurrency(1), concurrency(1)].map((limit) =>
    limit(testDelivery(), next)
  );
  assert.equal(waiting.length, 2);
  for (const each of waiting) each.resolve(HANDLED);
  assert.deepEqual(await Promise.all(results), [HANDLED, HANDLED]);
});

Deno.test("createConcurrency() never loses count, whatever the order of ends", async () => {
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

Deno.test("Events beyond the limit wait for their turn, first come first served, up to the queue's limit", async () => {
  // The lot falls on the one that comes.
  const random = () => 0.999;
  const bound = createConcurrency({ limit: 1, queueLimit: 2, random });
  const { next, waiting } = gate();
  const order: string[] = [];
  const results = ["one", "two", "three", "four"].map((name) =>
    bound.middleware(testDelivery(), (delivery) => {
      order.push(name);
      return next(delivery);
    })
  );
  assert.deepEqual([bound.running, bound.queued], [1, 2]);
  assert.equal(await results[3], OVERLOADED);
  for (let index = 0; index < 3; index++) {
    waiting[index]?.resolve(HANDLED);
    assert.equal(await results[index], HANDLED);
    await settle();
  }
  assert.deepEqual(order, ["one", "two", "three"]);
  assert.deepEqual([bound.running, bound.queued], [0, 0]);
});

Deno.test("When the queue is full, an event that waits may be refused in place of the one that comes", async () => {
  const lots = [0.5, 0, 0.7];
  const random = () => lots.shift() ?? assert.fail();
  const bound = createConcurrency({ limit: 1, queueLimit: 2, random });
  const { next, waiting } = gate();
  const results = Array.from(
    { length: 6 },
    () => bound.middleware(testDelivery(), next),
  );
  assert.deepEqual([bound.running, bound.queued], [1, 2]);
  // 1 and 2 wait: the lot falls on 2; on 1; and on the one that comes, 5.
  for (const refused of [2, 1, 5]) {
    assert.equal(await results[refused], OVERLOADED);
  }
  for (const [index, done] of [0, 3, 4].entries()) {
    waiting[index]?.resolve(HANDLED);
    assert.equal(await results[done], HANDLED);
    await settle();
  }
  assert.deepEqual([bound.running, bound.queued], [0, 0]);
});

Deno.test("A batch larger than limit and queue, delivered again as a whole, is done in the end", async () => {
  let state = 1;
  const random = () => (state = state * 16_807 % 2_147_483_647) / 2_147_483_647;
  const bound = createConcurrency({ limit: 2, queueLimit: 2, random });
  const done = new Set<number>();
  const events = Array.from({ length: 20 }, (_, number) => number);
  let rounds = 0;
  for (; done.size < events.length; rounds++) {
    assert.ok(rounds < 200, `${done.size} of ${events.length} are done`);
    await Promise.all(
      events.map((number) =>
        bound.middleware(testDelivery(), async () => {
          await settle();
          done.add(number);
          return HANDLED;
        })
      ),
    );
  }
  assert.deepEqual([bound.running, bound.queued], [0, 0]);
});

Deno.test("An event that has waited its time is overloaded, and leaves no timer", async () => {
  using time = fakeTime();
  const bound = createConcurrency({ limit: 1, queueLimit: 1, queueTime: 500 });
  const { next, waiting } = gate();
  const first = bound.middleware(testDelivery(), next);
  const second = bound.middleware(testDelivery(), next);
  await time.advance(499);
  assert.equal(bound.queued, 1);
  await time.advance(1);
  assert.equal(await second, OVERLOADED);
  assert.deepEqual([bound.queued, time.pending, waiting.length], [0, 0, 1]);
  waiting[0]?.resolve(HANDLED);
  await first;
  assert.equal(bound.running, 0);
});

for (
  const [why, reason, outcome] of [
    ["its caller goes away", new CancelledError("x"), "cancelled"],
    ["its time is up", new DeadlineError("x"), "failed"],
  ] as const
) {
  Deno.test(`An event that waits leaves the queue when ${why}`, async () => {
    const bound = createConcurrency({ limit: 1, queueLimit: 1 });
    const { next, waiting } = gate();
    const first = bound.middleware(testDelivery(), next);
    for (const isLate of [false, true]) {
      const controller = new AbortController();
      if (isLate) controller.abort(reason);
      const second = bound.middleware(testDelivery({ controller }), next);
      controller.abort(reason);
      assert.equal((await second).outcome, outcome);
      assert.deepEqual([bound.queued, waiting.length], [0, 1]);
    }
    waiting[0]?.resolve(HANDLED);
    await first;
  });
}

Deno.test("Whatever comes and goes in whatever order, places are neither lost nor made", async () => {
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.constant({ kind: "arrive" } as const) },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constantFrom("end" as const, "cancel" as const),
        which: fc.nat(),
      }),
    },
    { weight: 1, arbitrary: fc.constant({ kind: "wait" } as const) },
  );
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 0, max: 3 }),
      fc.array(step, { maxLength: 40 }),
      async (limit, queueLimit, steps) => {
        using time = fakeTime();
        const bound = createConcurrency({ limit, queueLimit });
        const { next, waiting } = gate();
        const results: Promise<Result>[] = [];
        const controllers: AbortController[] = [];
        for (const each of steps) {
          if (each.kind === "arrive") {
            const controller = new AbortController();
            controllers.push(controller);
            const delivery = testDelivery({ controller });
            results.push(bound.middleware(delivery, next));
          } else if (each.kind === "wait") await time.advance(1_000);
          else if (each.kind === "end") {
            waiting.splice(each.which % (waiting.length || 1), 1)[0]
              ?.resolve(HANDLED);
          } else {
            controllers[each.which % (controllers.length || 1)]
              ?.abort(new CancelledError("x"));
          }
          await settle();
          assert.equal(bound.running, waiting.length);
          assert.ok(bound.running <= limit && bound.queued <= queueLimit);
          assert.ok(bound.queued === 0 || bound.running === limit);
        }
        while (waiting.length > 0) {
          waiting.pop()?.resolve(HANDLED);
          await settle();
        }
        await Promise.all(results);
        assert.deepEqual([bound.running, bound.queued, time.pending], [
          0,
          0,
          0,
        ]);
      },
    ),
    { numRuns: 60 },
  );
});

Deno.test("an event for which there is no memory is overloaded, and takes no place", async () => {
  const concurrency = createConcurrency({ limit: 1, queueLimit: 1 });
  const result = await concurrency.middleware(
    testDelivery({ isOverloaded: true }),
    () => assert.fail("is not to go on"),
  );
  assert.equal(result, OVERLOADED);
  assert.deepEqual([concurrency.running, concurrency.queued], [0, 0]);
});
