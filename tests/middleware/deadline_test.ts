import assert from "node:assert/strict";
import {
  compose,
  type Delivery,
  type Next,
} from "../../lib/core/dispatcher.ts";
import {
  CancelledError,
  DeadlineError,
  ShutdownError,
} from "../../lib/core/errors.ts";
import { HANDLED, type Result, resultOf } from "../../lib/core/outcome.ts";
import { deadline } from "../../lib/middleware/deadline.ts";
import { testDelivery, testHandler } from "../_support/delivery.ts";
import { fakeTime, settle } from "../_support/fake_time.ts";

const TIMEOUT = 1_000;
/** What a handler has to heed its signal. */
const HEED_TIME = 100;

/** The rest of a pipe that never ends, whatever its signal says. */
const never: Next = () => new Promise(() => {});

/** The rest of a pipe that ends when its signal does. */
const heeding: Next = ({ controller: { signal } }) =>
  new Promise((resolve) => {
    signal.addEventListener("abort", () => {
      resolve(resultOf(new Error("stopped in time"), signal));
    });
  });

/** Runs a delivery and remembers when it was answered. */
function run(delivery: Delivery, next: Next): { result?: Result } {
  const answer: { result?: Result } = {};
  compose([deadline({ timeout: TIMEOUT })], next)(delivery).then((result) => {
    answer.result = result;
  });
  return answer;
}

Deno.test("deadline() hands on what ends in time, and leaves no timer and no listener", async () => {
  using time = fakeTime();
  const delivery = testDelivery();
  const { signal } = delivery.controller;
  const removed: string[] = [];
  const { removeEventListener } = signal;
  signal.removeEventListener = (type: string, ...rest: unknown[]) => {
    removed.push(type);
    Reflect.apply(removeEventListener, signal, [type, ...rest]);
  };
  const answer = run(delivery, () => Promise.resolve(HANDLED));
  await settle();
  assert.equal(answer.result, HANDLED);
  assert.equal(time.pending, 0);
  assert.deepEqual(removed, ["abort"]);
  assert.equal(signal.aborted, false);
});

Deno.test("deadline() tells the handler when its time is up", async () => {
  using time = fakeTime();
  const start = time.now();
  const cases = [
    { caller: undefined, own: undefined, expected: TIMEOUT },
    { caller: 300, own: undefined, expected: 300 },
    { caller: 3_000, own: undefined, expected: TIMEOUT },
    { caller: undefined, own: 50, expected: 50 },
    { caller: undefined, own: 5_000, expected: 5_000 },
    { caller: 300, own: 50, expected: 50 },
    { caller: 300, own: 5_000, expected: 300 },
  ];
  for (const { caller, own, expected } of cases) {
    const delivery = testDelivery({
      deadline: caller === undefined ? undefined : start + caller,
      handler: testHandler(() => {}, own === undefined ? {} : { timeout: own }),
    });
    let seen: number | undefined;
    run(delivery, ({ deadline }) => {
      seen = deadline;
      return Promise.resolve(HANDLED);
    });
    await settle();
    assert.equal(seen, start + expected, JSON.stringify({ caller, own }));
  }
});

for (
  const [what, delivery, time] of [
    ["the service's timeout", {}, TIMEOUT],
    [
      "the handler's own timeout",
      { handler: testHandler(() => {}, { timeout: 50 }) },
      50,
    ],
  ] as const
) {
  Deno.test(`deadline() ends the handler's signal at ${what}`, async () => {
    using clock = fakeTime();
    const given = testDelivery(delivery);
    const { signal } = given.controller;
    const answer = run(given, heeding);
    await clock.advance(time - 1);
    assert.equal(signal.aborted, false);
    await clock.advance(1);
    assert.ok(signal.reason instanceof DeadlineError);
    assert.equal(signal.reason.message, `Event took longer than ${time} ms`);
    const { error, ...result } = answer.result ?? assert.fail("No answer");
    assert.deepEqual(result, { outcome: "failed", reason: "deadline" });
    // The handler's own error says what it waited for: better than the signal's.
    assert.deepEqual(error, new Error("stopped in time"));
    assert.equal(clock.pending, 0);
  });
}

Deno.test("deadline() ends the handler's signal at the caller's deadline", async () => {
  using time = fakeTime();
  const delivery = testDelivery({ deadline: time.now() + 300 });
  const answer = run(delivery, heeding);
  await time.advance(299);
  assert.equal(delivery.controller.signal.aborted, false);
  await time.advance(1);
  assert.equal(answer.result?.reason, "deadline");
  assert.equal(time.pending, 0);
});

for (const late of [0, 1, 60_000]) {
  Deno.test(`deadline() has the handler not run for an event that is ${late} ms too late`, async () => {
    using time = fakeTime();
    const delivery = testDelivery({ deadline: time.now() - late });
    const { signal } = delivery.controller;
    let isAborted: boolean | undefined;
    const answer = run(delivery, () => {
      isAborted = signal.aborted;
      return Promise.resolve(resultOf(signal.reason, signal));
    });
    await settle();
    assert.equal(isAborted, true);
    assert.equal(answer.result?.reason, "deadline");
    assert.deepEqual(
      answer.result?.error,
      new DeadlineError("Event arrived after its deadline"),
    );
    assert.equal(time.pending, 0);
  });
}

Deno.test("deadline() asks for no negative time, which the runtime complains of on standard error", async () => {
  using time = fakeTime();
  const delays: (number | undefined)[] = [];
  const set = globalThis.setTimeout;
  using _ = {
    [Symbol.dispose]: () => void (globalThis.setTimeout = set),
  };
  globalThis.setTimeout = ((fire: () => void, delay?: number) => {
    delays.push(delay);
    return set(fire, delay);
  }) as typeof set;
  run({ ...testDelivery(), deadline: time.now() - 2 }, heeding);
  await settle();
  assert.equal(delays[0], 0);
  assert.ok(delays.every((delay = 0) => delay >= 0), delays.join());
});

Deno.test("deadline() answers for a handler that ignores its signal", async () => {
  using time = fakeTime();
  const delivery = testDelivery();
  const answer = run(delivery, never);
  await time.advance(TIMEOUT + HEED_TIME - 1);
  assert.equal(answer.result, undefined);
  await time.advance(1);
  assert.deepEqual(answer.result, {
    outcome: "failed",
    reason: "deadline",
    error: delivery.controller.signal.reason,
  });
  assert.equal(time.pending, 0);
});

Deno.test("deadline() answers by what ended the event, for a handler that ignores it", async () => {
  using time = fakeTime();
  const cases = [
    [new CancelledError("gone"), "cancelled", "cancelled"],
    [new ShutdownError("stopping"), "failed", "unavailable"],
  ] as const;
  for (const [error, outcome, reason] of cases) {
    const delivery = testDelivery();
    const answer = run(delivery, never);
    await time.advance(10);
    delivery.controller.abort(error);
    await time.advance(HEED_TIME);
    assert.deepEqual(answer.result, { outcome, reason, error });
    assert.equal(time.pending, 0);
  }
});

Deno.test("deadline() lets the first reason count", async () => {
  using time = fakeTime();
  const delivery = testDelivery();
  const answer = run(delivery, never);
  await time.advance(TIMEOUT - 1);
  delivery.controller.abort(new CancelledError("gone"));
  await time.advance(HEED_TIME);
  assert.equal(answer.result?.reason, "cancelled");
});

Deno.test("deadline() answers although the event had ended before it came here", async () => {
  using time = fakeTime();
  const delivery = testDelivery();
  delivery.controller.abort(new CancelledError("gone"));
  const answer = run(delivery, never);
  await time.advance(HEED_TIME);
  assert.equal(answer.result?.reason, "cancelled");
  assert.equal(time.pending, 0);
});

Deno.test("deadline() ignores a handler that ends after its event was answered", async () => {
  using time = fakeTime();
  const late = Promise.withResolvers<Result>();
  const answer = run(testDelivery(), () => late.promise);
  await time.advance(TIMEOUT + HEED_TIME);
  const { result } = answer;
  assert.equal(result?.reason, "deadline");
  late.resolve(HANDLED);
  await settle();
  assert.equal(answer.result, result);
  assert.equal(time.pending, 0);
});

Deno.test("deadline() answers when the rest of the pipe throws or rejects", async () => {
  using time = fakeTime();
  const error = new Error("store is broken");
  const rests: readonly Next[] = [
    () => {
      throw error;
    },
    () => Promise.reject(error),
  ];
  for (const next of rests) {
    const answer = run(testDelivery(), next);
    await settle();
    assert.equal(answer.result?.reason, "bug");
    assert.equal(answer.result?.error, error);
    assert.equal(time.pending, 0);
  }
});

Deno.test("deadline() reads the clock it is given", async () => {
  using time = fakeTime();
  const delivery = testDelivery();
  const middleware = deadline({ timeout: 7, now: () => 1_000 });
  await middleware(delivery, () => Promise.resolve(HANDLED));
  assert.equal(delivery.deadline, 1_007);
  assert.equal(time.pending, 0);
});

Deno.test("deadline() works on real timers", async () => {
  const pipe = compose([deadline({ timeout: 2 })], heeding);
  assert.equal((await pipe(testDelivery())).reason, "deadline");
});
