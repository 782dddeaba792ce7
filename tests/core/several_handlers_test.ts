import assert from "node:assert/strict";
import { createApp } from "../../lib/core/app.ts";
import {
  DeadlineError,
  RetryableError,
  TerminalError,
} from "../../lib/core/errors.ts";
import type { Handler } from "../../lib/core/on.ts";
import { createMemoryStore } from "../../lib/idempotency/memory_store.ts";
import { createPipe } from "../../lib/middleware/pipe.ts";
import { testConfig } from "../_support/config.ts";
import {
  TEST_TYPE,
  testContext,
  testEvent,
  testHandler,
} from "../_support/delivery.ts";
import { recordLetters } from "../_support/letters.ts";
import { recordLog } from "../_support/log.ts";

/** An app with the service's own pipe, idempotency included. */
function start(...handlers: readonly Handler[]) {
  const store = createMemoryStore();
  const letters = recordLetters();
  const log = recordLog();
  const { middleware } = createPipe({
    config: testConfig({ maxAttempts: 2 }),
    log,
    store,
    letters,
  });
  const app = createApp({
    handlers,
    knownTypes: [TEST_TYPE],
    middleware,
    createContext: testContext,
  });
  return {
    app,
    letters,
    log,
    deliver: (encode?: (value: unknown) => unknown) =>
      app.dispatch(testEvent(), {
        source: "test",
        controller: new AbortController(),
        encode,
      }),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}

function named(name: string, handle: Handler["handle"], options = {}): Handler {
  return testHandler(handle, { name, ...options });
}

Deno.test("Every handler of an event type gets the event", async () => {
  const calls: string[] = [];
  await using bench = start(
    named("a", () => void calls.push("a")),
    named("b", () => void calls.push("b")),
  );
  assert.equal((await bench.deliver()).outcome, "handled");
  assert.deepEqual(calls, ["a", "b"]);
  const lines = bench.log.lines.map(({ fields }) => fields?.handler);
  assert.deepEqual(lines, ["a", "b"]);
});

Deno.test("An event that one handler fails on comes again to that handler alone", async () => {
  let failures = 1;
  const calls: string[] = [];
  await using bench = start(
    named("a", () => void calls.push("a")),
    named("b", () => {
      calls.push("b");
      if (failures-- > 0) throw new RetryableError("not yet");
    }),
  );
  assert.equal((await bench.deliver()).outcome, "failed");
  assert.equal((await bench.deliver()).outcome, "handled");
  assert.deepEqual(calls, ["a", "b", "b"]);
  assert.equal((await bench.deliver()).outcome, "duplicate");
});

Deno.test("Each handler has attempts and a dead letter of its own", async () => {
  await using bench = start(
    named("a", () => {
      throw new TerminalError("never");
    }),
    named("b", () => {
      throw new Error("bug");
    }),
    named("c", () => {}),
  );
  assert.equal((await bench.deliver()).reason, "bug");
  assert.equal((await bench.deliver()).reason, "bug");
  assert.equal((await bench.deliver()).outcome, "exhausted");
  assert.equal((await bench.deliver()).outcome, "duplicate");
  assert.deepEqual(
    bench.letters.letters.map(({ handler, outcome }) => [handler, outcome]),
    [["a", "rejected"], ["b", "exhausted"]],
  );
});

Deno.test("Each handler has its own filter and its own time", async () => {
  const seen: unknown[] = [];
  await using bench = start(
    named("skips", () => void seen.push("skips"), { filter: () => false }),
    named(
      "slow",
      (_event, ctx) =>
        new Promise<void>((_, reject) =>
          ctx.signal.addEventListener("abort", () => reject(ctx.signal.reason))
        ),
      { timeout: 20 },
    ),
    named("waits", async (_event, ctx) => {
      await new Promise((resolve) => setTimeout(resolve, 60));
      seen.push(ctx.signal.aborted);
    }),
  );
  const { outcome, error } = await bench.deliver();
  assert.equal(outcome, "failed");
  assert.ok(error instanceof DeadlineError);
  assert.deepEqual(seen, [false], "the time of one is not up for another");
});

Deno.test("A caller that goes away ends all handlers of its event", async () => {
  const ended: string[] = [];
  const wait = (name: string) =>
    named(
      name,
      (_event, ctx) =>
        new Promise<void>((_, reject) =>
          ctx.signal.addEventListener("abort", () => {
            ended.push(name);
            reject(ctx.signal.reason);
          })
        ),
    );
  await using bench = start(wait("a"), wait("b"));
  const controller = new AbortController();
  const result = bench.app.dispatch(testEvent(), {
    source: "test",
    controller,
  });
  while (bench.app.inFlight < 2) await Promise.resolve();
  await new Promise((resolve) => setTimeout(resolve));
  controller.abort(new RetryableError("gone"));
  assert.equal((await result).outcome, "failed");
  assert.deepEqual(ended, ["a", "b"]);
});

Deno.test("One handler of an event may answer it, and two may not", async () => {
  const encode = (value: unknown) => `encoded ${value}`;
  await using one = start(named("a", () => {}), named("b", () => "yes"));
  assert.equal((await one.deliver(encode)).answer, "encoded yes");
  await using two = start(named("a", () => "no"), named("b", () => "yes"));
  const { outcome, reason, error } = await two.deliver(encode);
  assert.deepEqual([outcome, reason], ["failed", "bug"]);
  assert.match(String(error), /"a" and "b" both answer one event/);
});

Deno.test("A handler that is alone keeps the key that its events always had", async () => {
  const claimed: string[] = [];
  const store = createMemoryStore();
  const { claim } = store;
  const watched = {
    ...store,
    claim: (...args: Parameters<typeof claim>) => {
      claimed.push(args[0]);
      return store.claim(...args);
    },
  };
  for (
    const handlers of [
      [named("a", () => {})],
      [named("a", () => {}), named("b", () => {})],
    ]
  ) {
    const { middleware } = createPipe({
      config: testConfig(),
      log: recordLog(),
      store: watched,
      letters: recordLetters(),
    });
    await createApp({
      handlers,
      knownTypes: [TEST_TYPE],
      middleware,
      createContext: testContext,
    }).dispatch(testEvent(), {
      source: "test",
      controller: new AbortController(),
    });
  }
  await store[Symbol.asyncDispose]();
  const key = `${TEST_TYPE}/event-1`;
  assert.deepEqual(claimed, [key, `${key}@a`, `${key}@b`]);
});
