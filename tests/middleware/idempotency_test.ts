import assert from "node:assert/strict";
import type { Delivery } from "../../lib/core/dispatcher.ts";
import {
  CancelledError,
  DeadlineError,
  ExhaustedError,
  RetryableError,
  ShutdownError,
  TerminalError,
} from "../../lib/core/errors.ts";
import { ClaimError, StoreError } from "../../lib/core/idempotency_store.ts";
import { HANDLED, type Result } from "../../lib/core/outcome.ts";
import { createMemoryStore } from "../../lib/idempotency/memory_store.ts";
import { eventKey } from "../../lib/middleware/event_key.ts";
import { testDelivery, testEvent, testHandler } from "../_support/delivery.ts";
import { fakeTime, settle } from "../_support/fake_time.ts";
import { faultyStore, replica } from "./_idempotency.ts";

const HOUR = 3_600_000;

function bug(): never {
  throw new Error("boom");
}

function temporary(): never {
  throw new RetryableError("later");
}

Deno.test("An event that was handled is a duplicate from then on, here and elsewhere", async () => {
  const store = createMemoryStore();
  const here = replica(store);
  let runs = 0;
  assert.equal((await here.deliver(() => runs++)).outcome, "handled");
  for (const each of [here, replica(store)]) {
    const { outcome, reason } = await each.deliver(() => runs++);
    assert.deepEqual([outcome, reason], ["duplicate", "duplicate"]);
  }
  assert.equal(runs, 1);
});

Deno.test("A delivery knows what its claim found", async () => {
  const store = faultyStore();
  const { middleware } = replica(store);
  const claimOf = async (
    result: Result = HANDLED,
    overrides: Partial<Delivery> = {},
  ) => {
    const delivery = testDelivery(overrides);
    await middleware(delivery, () => Promise.resolve(result));
    return delivery.claim;
  };
  const end = Promise.withResolvers<Result>();
  const first = testDelivery();
  const running = middleware(first, () => end.promise);
  const sharing = claimOf();
  const elsewhere = testDelivery();
  await replica(store).middleware(
    elsewhere,
    () => Promise.resolve(HANDLED),
  );
  assert.equal(elsewhere.claim, "held");
  end.resolve(HANDLED);
  await running;
  assert.equal(first.claim, "claimed");
  assert.equal(await sharing, "shared");
  assert.equal(await claimOf(), "done");
  const rejected = { outcome: "rejected", reason: "bad_event" } as const;
  const other = { event: testEvent({ id: "event-2" }) };
  assert.equal(await claimOf(rejected, other), "claimed");
  assert.equal(await claimOf(rejected, other), "dead_letter");
  store.broken.add("claim");
  assert.equal(await claimOf(), "unknown");
});

Deno.test("Events are told apart by type and id", async () => {
  const { deliver } = replica(createMemoryStore());
  let runs = 0;
  const ids = ["a", "b", "x".repeat(10_000), `${"x".repeat(9_999)}y`, "ü", ""];
  for (const type of ["a.b", "a.c"]) {
    for (const id of ids) {
      await deliver(() => runs++, { event: testEvent({ type, id }) });
      await deliver(() => runs++, { event: testEvent({ type, id }) });
    }
  }
  assert.equal(runs, 2 * ids.length);
});

Deno.test("An event that failed is run again, and knows which attempt that is", async () => {
  const { deliver } = replica(createMemoryStore(), { maxAttempts: 0 });
  const attempts: number[] = [];
  for (let time = 1; time <= 5; time++) {
    const { outcome } = await deliver(({ attempt }) => {
      attempts.push(attempt);
      if (time < 5) bug();
    });
    assert.equal(outcome, time < 5 ? "failed" : "handled");
  }
  assert.deepEqual(attempts, [1, 2, 3, 4, 5]);
});

Deno.test("A rejected event is set aside: a duplicate, until an operator replays it", async () => {
  const { deliver } = replica(createMemoryStore());
  const reject = () => {
    throw new TerminalError("bad");
  };
  let runs = 0;
  const count = () => {
    runs++;
  };
  assert.equal((await deliver(reject)).outcome, "rejected");
  assert.equal((await deliver(count)).outcome, "duplicate");
  assert.equal(runs, 0);
  assert.equal((await deliver(reject, { isReplay: true })).outcome, "rejected");
  assert.equal((await deliver(count, { isReplay: true })).outcome, "handled");
  assert.equal(
    (await deliver(count, { isReplay: true })).outcome,
    "duplicate",
  );
  assert.equal(runs, 1);
});

Deno.test("An event that keeps failing is run MAX_ATTEMPTS times, then exhausted, then a duplicate", async () => {
  const { deliver } = replica(createMemoryStore(), { maxAttempts: 3 });
  let runs = 0;
  const fail = () => {
    runs++;
    bug();
  };
  for (let time = 0; time < 3; time++) {
    assert.equal((await deliver(fail)).reason, "bug");
  }
  const { outcome, reason, error } = await deliver(fail);
  assert.deepEqual([outcome, reason], ["exhausted", "exhausted"]);
  assert.ok(error instanceof ExhaustedError);
  assert.match(error.message, /failed 3 times/);
  assert.equal((await deliver(fail)).outcome, "duplicate");
  assert.equal(runs, 3);
  assert.equal((await deliver(fail, { isReplay: true })).reason, "bug");
});

Deno.test("An exhausted event whose dead letter is not written comes again, and is not run", async () => {
  const { middleware, deliver } = replica(createMemoryStore(), {
    maxAttempts: 1,
  });
  await deliver(bug);
  let written = false;
  // What stands between: writes the letter of what comes out of the pipe.
  const letters = async (delivery: Delivery) => {
    assert.ok(delivery.refusal);
    return await Promise.resolve(
      written
        ? {
          outcome: "exhausted",
          reason: "exhausted",
          error: delivery.refusal,
        } as const
        : {
          outcome: "failed",
          reason: "unavailable",
          error: new RetryableError("disk is full"),
        } as const,
    );
  };
  const send = () => middleware(testDelivery(), letters);
  assert.equal((await send()).outcome, "failed");
  assert.equal((await send()).outcome, "failed");
  written = true;
  assert.equal((await send()).outcome, "exhausted");
  assert.equal((await send()).outcome, "duplicate");
});

Deno.test("An outage of an hour exhausts nothing, however often events come again", async () => {
  using time = fakeTime();
  const { deliver } = replica(createMemoryStore(), { maxAttempts: 3 });
  for (let second = 0; second < 3_600; second++) {
    const { outcome } = await deliver(temporary);
    assert.equal(outcome, "failed");
    await time.advance(1_000);
  }
  assert.equal((await deliver()).outcome, "handled");
});

Deno.test("An event that alone does not work is cut off within minutes", async () => {
  using time = fakeTime();
  const { deliver } = replica(createMemoryStore(), { maxAttempts: 3 });
  const start = time.now();
  for (let number = 0;; number++) {
    const { outcome } = await deliver(temporary);
    if (outcome === "exhausted") break;
    assert.ok(number < 1_000);
    await deliver(undefined, { event: testEvent({ id: `other-${number}` }) });
    await time.advance(1_000);
  }
  const minutes = (time.now() - start) / 60_000;
  assert.ok(minutes >= 2 && minutes < 4, `${minutes} minutes`);
});

Deno.test("What says nothing of the event does not count as an attempt", async () => {
  const { deliver } = replica(createMemoryStore(), { maxAttempts: 1 });
  for (
    const reason of [
      new ShutdownError("down"),
      new CancelledError("gone"),
      new ClaimError("lost"),
    ]
  ) {
    const { outcome } = await deliver(({ controller }) => {
      controller.abort(reason);
      controller.signal.throwIfAborted();
    });
    assert.ok(outcome === "failed" || outcome === "cancelled", outcome);
  }
  const late = new AbortController();
  late.abort(new DeadlineError("late"));
  const { reason } = await deliver(bug, { controller: late });
  assert.equal(reason, "deadline");
  assert.equal(
    (await deliver(({ attempt }) => assert.equal(attempt, 5)))
      .outcome,
    "handled",
  );
});

Deno.test("Deliveries in flight at once share one run and its success", async () => {
  const { deliver } = replica(createMemoryStore());
  const gate = Promise.withResolvers<void>();
  let runs = 0;
  const results = Promise.all(Array.from({ length: 5 }, () =>
    deliver(() => {
      runs++;
      return gate.promise;
    })));
  await settle();
  gate.resolve();
  assert.deepEqual((await results).map(({ outcome }) => outcome), [
    "handled",
    "duplicate",
    "duplicate",
    "duplicate",
    "duplicate",
  ]);
  assert.equal(runs, 1);
});

Deno.test("Deliveries in flight at once share the answer of what they wait for", async () => {
  const { middleware } = replica(createMemoryStore());
  const gate = Promise.withResolvers<void>();
  const next = async () => {
    await gate.promise;
    return { ...HANDLED, answer: "answer" };
  };
  const results = Promise.all(
    [1, 2].map(() => middleware(testDelivery(), next)),
  );
  await settle();
  gate.resolve();
  assert.deepEqual(
    (await results).map(({ outcome, answer }) => [outcome, answer]),
    [["handled", "answer"], ["duplicate", "answer"]],
  );
});

Deno.test("Deliveries in flight at once share one failure, the error's id included", async () => {
  const { deliver } = replica(createMemoryStore());
  const gate = Promise.withResolvers<void>();
  const results = Promise.all(
    [1, 2].map(() => deliver(() => gate.promise)),
  );
  await settle();
  gate.reject(new Error("boom"));
  const [one, two] = await results;
  assert.equal(one?.reason, "bug");
  assert.deepEqual(two, one);
});

Deno.test("A delivery that waits for another's run ends with its own signal", async () => {
  const { deliver } = replica(createMemoryStore());
  const gate = Promise.withResolvers<void>();
  const first = deliver(() => gate.promise);
  const controller = new AbortController();
  const second = deliver(undefined, { controller });
  await settle();
  controller.abort(new DeadlineError("over"));
  assert.equal((await second).reason, "deadline");
  gate.resolve();
  assert.equal((await first).outcome, "handled");
});

Deno.test("A delivery whose caller is there is not cancelled with another's run", async () => {
  const { deliver } = replica(createMemoryStore());
  const controller = new AbortController();
  const first = deliver(
    ({ controller: { signal } }) =>
      new Promise((_, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason));
      }),
    { controller },
  );
  const second = deliver();
  await settle();
  controller.abort(new CancelledError("gone"));
  assert.equal((await first).outcome, "cancelled");
  const { outcome, reason } = await second;
  assert.deepEqual([outcome, reason], ["failed", "unavailable"]);
});

Deno.test("An event that another replica runs comes again when that claim is over", async () => {
  using time = fakeTime();
  const store = createMemoryStore();
  const gate = Promise.withResolvers<void>();
  const first = replica(store).deliver(() => gate.promise, {
    deadline: time.now() + 5_000,
  });
  await settle();
  const { outcome, reason, error } = await replica(store).deliver();
  assert.deepEqual([outcome, reason], ["failed", "unavailable"]);
  assert.ok(error instanceof ClaimError);
  // The event's time, and ten seconds to tell the store.
  assert.equal(error.retryAfter, 15_000);
  gate.resolve();
  assert.equal((await first).outcome, "handled");
  assert.equal((await replica(store).deliver()).outcome, "duplicate");
});

Deno.test("The event of a replica that died is run again when its claim is over, as one failure", async () => {
  using time = fakeTime();
  const store = createMemoryStore();
  const deadline = time.now() + 5_000;
  const never = new Promise<void>(() => {});
  replica(store).deliver(() => never, { deadline });
  await settle();
  const other = replica(store, { maxAttempts: 1 });
  await time.advance(14_999);
  assert.equal((await other.deliver()).outcome, "failed");
  await time.advance(1);
  assert.equal((await other.deliver()).outcome, "exhausted");
});

Deno.test("A run longer than the lease renews it", async () => {
  using time = fakeTime();
  const store = createMemoryStore();
  const gate = Promise.withResolvers<void>();
  const { deliver } = replica(store, { lease: 3_000 });
  const first = deliver(() => gate.promise, { deadline: time.now() + HOUR });
  for (let second = 0; second < 60; second++) {
    await time.advance(1_000);
    const { error } = await replica(store).deliver();
    assert.ok(error instanceof ClaimError, `after ${second} s`);
  }
  const second = deliver();
  await settle();
  gate.resolve();
  assert.equal((await first).outcome, "handled");
  assert.equal((await second).outcome, "duplicate");
  assert.equal(time.pending, 0);
});

Deno.test("A run whose claim is lost ends, and does not end the next one's claim", async () => {
  using time = fakeTime();
  const memory = createMemoryStore();
  const store = faultyStore(memory);
  const first = replica(store, { lease: 3_000 }).deliver(
    ({ controller: { signal } }) =>
      new Promise((_, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason));
      }),
    { deadline: time.now() + HOUR },
  );
  await settle();
  store.broken.add("renew");
  await time.advance(3_000);
  const { outcome, error } = await first;
  assert.equal(outcome, "failed");
  assert.ok(error instanceof ClaimError);
  assert.equal((await replica(memory).deliver()).outcome, "handled");
  assert.equal(time.pending, 0);
});

Deno.test("A handler that ignores its signal keeps its event until its claim is over, not longer", async () => {
  using time = fakeTime();
  const { deliver } = replica(createMemoryStore());
  const controller = new AbortController();
  const never = new Promise<void>(() => {});
  deliver(() => never, { controller, deadline: time.now() + 1_000 });
  await time.advance(1_000);
  controller.abort(new DeadlineError("over"));
  const waiting = new AbortController();
  const second = deliver(undefined, { controller: waiting });
  await settle();
  waiting.abort(new DeadlineError("over"));
  assert.equal((await second).reason, "deadline");
  await time.advance(10_000);
  assert.equal((await deliver()).outcome, "handled");
});

Deno.test("An event is not run while the store cannot say whether it is done", async () => {
  const store = faultyStore();
  const { deliver } = replica(store, { maxAttempts: 1 });
  store.broken.add("claim");
  let runs = 0;
  for (let time = 0; time < 5; time++) {
    const { outcome, reason, error } = await deliver(() => runs++);
    assert.deepEqual([outcome, reason], ["failed", "unavailable"]);
    assert.ok(error instanceof StoreError);
  }
  assert.equal(runs, 0);
  store.broken.clear();
  assert.equal((await deliver(() => runs++)).outcome, "handled");
});

Deno.test("A claim whose answer was lost does not hold up its own event", async () => {
  const store = faultyStore();
  const { deliver } = replica(store);
  store.silent.add("claim");
  assert.equal((await deliver()).outcome, "failed");
  store.silent.clear();
  const attempts: number[] = [];
  const { outcome } = await deliver(({ attempt }) => attempts.push(attempt));
  assert.equal(outcome, "handled");
  assert.deepEqual(attempts, [1]);
});

Deno.test("An event that is done and could not be marked is answered, absorbed here, and marked later", async () => {
  using time = fakeTime();
  const memory = createMemoryStore();
  const store = faultyStore(memory);
  const { deliver, log } = replica(store);
  store.broken.add("complete");
  const deadline = time.now() + 1_000;
  assert.equal((await deliver(undefined, { deadline })).outcome, "handled");
  assert.equal(log.lines.at(-1)?.level, "warn");
  let runs = 0;
  assert.equal((await deliver(() => runs++)).outcome, "duplicate");
  // Until it is marked, its claim keeps others away.
  assert.equal((await replica(memory).deliver(() => runs++)).outcome, "failed");
  store.broken.clear();
  await deliver(undefined, { event: testEvent({ id: "another" }) });
  await settle();
  assert.equal(
    (await replica(memory).deliver(() => runs++)).outcome,
    "duplicate",
  );
  assert.equal(runs, 0);
});

Deno.test("Events that ended while the store was away are marked when it is back, without another event", async () => {
  using time = fakeTime();
  const memory = createMemoryStore();
  const store = faultyStore(memory);
  const here = replica(store);
  const events = Array.from(
    { length: 50 },
    (_, index) => ({ event: testEvent({ id: `event-${index}` }) }),
  );
  const reject = () => {
    throw new TerminalError("bad");
  };
  store.broken.add("complete");
  for (const event of events) await here.deliver(undefined, event);
  const aside = { event: testEvent({ id: "aside" }) };
  assert.equal((await here.deliver(reject, aside)).outcome, "rejected");
  await time.advance(HOUR / 60);
  const asked = store.asked.length;
  await time.advance(HOUR / 60);
  // One of them finds out that it is still away, once a second.
  assert.ok(store.asked.length - asked <= 60, `${store.asked.length - asked}`);
  store.broken.clear();
  await time.advance(1_000);
  assert.equal(time.pending, 0);
  const other = replica(memory);
  for (const event of [...events, aside]) {
    const { outcome } = await other.deliver(undefined, event);
    assert.equal(outcome, "duplicate");
  }
});

Deno.test("An event that was set aside and could not be marked is a duplicate, and a replay of it runs", async () => {
  using time = fakeTime();
  const store = faultyStore();
  const { deliver } = replica(store);
  const reject = () => {
    throw new TerminalError("bad");
  };
  store.broken.add("complete");
  await deliver(reject);
  let runs = 0;
  assert.equal((await deliver(() => runs++)).outcome, "duplicate");
  store.broken.clear();
  await time.advance(1_000);
  const replay = await deliver(() => runs++, { isReplay: true });
  assert.deepEqual([replay.outcome, runs], ["handled", 1]);
});

Deno.test("drain() marks what is not marked as long as its signal lets it, and says what is left", async () => {
  for (const isBack of [true, false]) {
    using time = fakeTime();
    const memory = createMemoryStore();
    const store = faultyStore(memory);
    const here = replica(store);
    store.broken.add("complete");
    await here.deliver();
    const patience = new AbortController();
    const drained = here.drain(patience.signal);
    await time.advance(5_000);
    if (isBack) store.broken.clear();
    await time.advance(1_000);
    patience.abort(new Error("over"));
    await drained;
    const { outcome } = await replica(memory).deliver();
    assert.equal(outcome, isBack ? "duplicate" : "failed");
    const left = here.log.lines.find(({ level }) => level === "error");
    assert.equal(left?.fields["count"], isBack ? undefined : 1);
    here[Symbol.dispose]();
    assert.equal(time.pending, 0);
  }
});

Deno.test("A wall clock that jumps ends no claim, here and in the memory store", async () => {
  for (const jump of [HOUR, -HOUR]) {
    using time = fakeTime();
    const store = createMemoryStore();
    const here = replica(store);
    const gate = Promise.withResolvers<void>();
    const first = here.deliver(() => gate.promise, {
      deadline: time.now() + 5_000,
    });
    await settle();
    time.jump(jump);
    let runs = 0;
    const second = here.deliver(() => runs++);
    const elsewhere = await replica(store).deliver(() => runs++);
    assert.ok(elsewhere.error instanceof ClaimError);
    await settle();
    gate.resolve();
    assert.equal((await first).outcome, "handled");
    assert.equal((await second).outcome, "duplicate");
    assert.equal(runs, 0);
  }
});

Deno.test("A run confirms its claim by the clock, by the store when little is left, and not at all when it is lost", async () => {
  using time = fakeTime();
  const memory = createMemoryStore();
  const store = faultyStore(memory);
  const gate = Promise.withResolvers<void>();
  let running: Delivery | undefined;
  const first = replica(store, { lease: 3_000 }).deliver((delivery) => {
    running = delivery;
    return gate.promise;
  }, { deadline: time.now() + HOUR });
  await settle();
  const confirm = () => running?.lease?.confirm();
  assert.equal(confirm(), undefined);
  assert.deepEqual(store.asked, ["claim"]);
  // The process stands still: its timers do not fire.
  time.stall(2_500);
  await confirm();
  assert.deepEqual(store.asked, ["claim", "renew"]);
  assert.equal(confirm(), undefined);
  // Nobody else has taken it: it is renewed.
  time.stall(4_000);
  await confirm();
  // The store does not say.
  time.stall(4_000);
  store.broken.add("renew");
  await assert.rejects(async () => await confirm(), ClaimError);
  store.broken.clear();
  // Somebody else takes it.
  assert.equal((await replica(memory).deliver()).outcome, "handled");
  await assert.rejects(async () => await confirm(), ClaimError);
  assert.ok(running?.controller.signal.reason instanceof ClaimError);
  gate.reject(running?.controller.signal.reason);
  assert.equal((await first).reason, "unavailable");
});

Deno.test("A run whose time is up confirms nothing, although its timers have not fired", async () => {
  using time = fakeTime();
  const gate = Promise.withResolvers<void>();
  let running: Delivery | undefined;
  const first = replica(createMemoryStore()).deliver((delivery) => {
    running = delivery;
    return gate.promise;
  }, { deadline: time.now() + 5_000 });
  await settle();
  time.stall(5_000);
  assert.throws(() => running?.lease?.confirm(), DeadlineError);
  gate.reject(new Error("refused"));
  assert.equal((await first).reason, "deadline");
});

Deno.test("A claim that ran out before its event is run is asked for again", async () => {
  using time = fakeTime();
  const memory = createMemoryStore();
  const store = faultyStore(memory);
  let runs = 0;
  const { claim } = store;
  const slow = {
    ...store,
    claim: async (...args: Parameters<typeof claim>) => {
      const claimed = await claim(...args);
      time.stall(3_000);
      await replica(memory).deliver(() => runs++);
      return claimed;
    },
  };
  const { outcome, error } = await replica(slow, { lease: 3_000 })
    .deliver(() => runs++);
  assert.equal(outcome, "failed");
  assert.ok(error instanceof ClaimError);
  assert.equal(runs, 1);
});

for (
  const [what, reason, failures] of [
    ["deadline", new DeadlineError("over"), 1],
    ["caller's cancel", new CancelledError("gone"), 0],
    ["shutdown", new ShutdownError("bye"), 0],
  ] as const
) {
  Deno.test(`A handler that ignores its ${what} counts as one that heeds it`, async () => {
    using time = fakeTime();
    const store = createMemoryStore();
    const { deliver } = replica(store, { lease: 3_000, maxAttempts: 0 });
    for (let run = 0; run < 10; run++) {
      const controller = new AbortController();
      const never = new Promise<void>(() => {});
      deliver(() => never, { controller, deadline: time.now() + 1_000 });
      await time.advance(1_000);
      controller.abort(reason);
      await time.advance(10_000);
    }
    const claim = await store.claim(eventKey(testEvent()), {
      token: "another",
      lease: 1_000,
      ttl: HOUR,
    });
    assert.ok(claim.state === "claimed");
    assert.deepEqual([claim.attempt, claim.tally.failures], [11, failures]);
  });
}

Deno.test("drain() gives back the claims of handlers that ignore the shutdown, and counts nothing", async () => {
  using time = fakeTime();
  const store = createMemoryStore();
  const here = replica(store, { maxAttempts: 1 });
  const controller = new AbortController();
  here.deliver(() => new Promise<void>(() => {}), {
    controller,
    deadline: time.now() + HOUR,
  });
  await settle();
  controller.abort(new ShutdownError("bye"));
  await here.drain(new AbortController().signal);
  here[Symbol.dispose]();
  assert.equal(time.pending, 0);
  const next = await replica(store, { maxAttempts: 1 }).deliver();
  assert.equal(next.outcome, "handled");
});

Deno.test("An event that failed and could not be released is answered, and runs when its claim is over", async () => {
  using time = fakeTime();
  const store = faultyStore();
  const { deliver } = replica(store);
  store.broken.add("release");
  const deadline = time.now() + 1_000;
  assert.equal((await deliver(bug, { deadline })).reason, "bug");
  store.broken.clear();
  assert.ok((await deliver()).error instanceof ClaimError);
  await time.advance(11_000);
  assert.equal((await deliver()).outcome, "handled");
});

Deno.test("A malformed event is rejected once", async () => {
  const { deliver } = replica(createMemoryStore());
  const malformed = new TerminalError("no message");
  const handler = testHandler(() => {}, { filter: bug });
  const first = await deliver(undefined, { refusal: malformed, handler });
  assert.deepEqual([first.outcome, first.reason], ["rejected", "bad_event"]);
  const second = await deliver(undefined, { refusal: malformed, handler });
  assert.equal(second.outcome, "duplicate");
});

Deno.test("An event whose time is up when it is claimed is not run, and is free again", async () => {
  const store = faultyStore();
  const { deliver } = replica(store);
  const controller = new AbortController();
  controller.abort(new DeadlineError("over"));
  let runs = 0;
  const late = await deliver(() => runs++, { controller });
  assert.equal(late.reason, "deadline");
  assert.equal(runs, 0);
  assert.equal((await deliver(() => runs++)).outcome, "handled");
});

Deno.test("Middleware that throws is a bug, and its event is free again", async () => {
  const { middleware, deliver } = replica(createMemoryStore());
  const broken = await middleware(
    testDelivery(),
    () => Promise.reject(new Error("boom")),
  );
  assert.equal(broken.reason, "bug");
  assert.equal((await deliver()).outcome, "handled");
});
