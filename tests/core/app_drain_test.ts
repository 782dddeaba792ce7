import assert from "node:assert/strict";
import { type App, createApp } from "../../lib/core/app.ts";
import { ShutdownError } from "../../lib/core/errors.ts";
import type { Handler } from "../../lib/core/on.ts";
import type { Result } from "../../lib/core/outcome.ts";
import {
  TEST_TYPE,
  testContext,
  testEvent,
  testHandler,
} from "../_support/delivery.ts";
import { fakeTime, settle } from "../_support/fake_time.ts";

const GRACE = 5_000;

function appOf(handle: Handler["handle"]): App {
  return createApp({
    handlers: [testHandler(handle)],
    knownTypes: [TEST_TYPE],
    middleware: [],
    createContext: testContext,
  });
}

function dispatch(
  app: App,
  controller: AbortController = new AbortController(),
): Promise<Result> {
  return app.dispatch(testEvent(), { source: "test", controller });
}

/** A handler that ends when told, or never. */
function waiting(): { readonly handle: Handler["handle"]; end(): void } {
  const ends: (() => void)[] = [];
  return {
    handle: () => new Promise<void>((resolve) => ends.push(resolve)),
    end: () => ends.shift()?.(),
  };
}

/** A handler that throws when its signal ends. */
const heeding: Handler["handle"] = (_event, { signal }) =>
  new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason));
  });

Deno.test("drain() resolves at once when nothing is in flight", async () => {
  using time = fakeTime();
  assert.equal(await appOf(() => {}).drain(GRACE), 0);
  assert.equal(time.pending, 0);
});

Deno.test("drain() waits for all events in flight and ends none", async () => {
  using time = fakeTime();
  const handler = waiting();
  const app = appOf(handler.handle);
  const controllers = [new AbortController(), new AbortController()];
  const results = controllers.map((each) => dispatch(app, each));
  let drained: number | undefined;
  const draining = app.drain(GRACE).then((count) => {
    drained = count;
  });

  await time.advance(GRACE - 1);
  handler.end();
  await settle();
  assert.equal(drained, undefined);
  handler.end();
  await draining;

  assert.equal(drained, 0);
  assert.equal(time.pending, 0);
  for (const result of await Promise.all(results)) {
    assert.equal(result.outcome, "handled");
  }
  assert.ok(controllers.every(({ signal }) => !signal.aborted));
});

Deno.test("drain() ends what is left after the grace time, and says how many", async () => {
  using time = fakeTime();
  const app = appOf(heeding);
  const controllers = [new AbortController(), new AbortController()];
  const results = controllers.map((each) => dispatch(app, each));
  const drained = app.drain(GRACE);

  await time.advance(GRACE - 1);
  assert.ok(controllers.every(({ signal }) => !signal.aborted));
  await time.advance(1);

  assert.equal(await drained, 2);
  assert.equal(time.pending, 0);
  for (const { signal } of controllers) {
    assert.ok(signal.reason instanceof ShutdownError);
  }
  for (const { outcome, reason } of await Promise.all(results)) {
    assert.deepEqual([outcome, reason], ["failed", "unavailable"]);
  }
});

Deno.test("drain() counts only what was left, not what ended within the grace time", async () => {
  using time = fakeTime();
  const handler = waiting();
  const app = appOf(handler.handle);
  const results = [dispatch(app), dispatch(app), dispatch(app)];
  const drained = app.drain(GRACE);
  handler.end();
  await time.advance(GRACE);
  handler.end();
  handler.end();
  assert.equal(await drained, 2);
  await Promise.all(results);
});

Deno.test("drain() does not wait for ever for a handler that ignores its signal", async () => {
  using time = fakeTime();
  const handler = waiting();
  const app = appOf(handler.handle);
  const result = dispatch(app);
  const drained = app.drain(GRACE);
  await time.advance(GRACE + 1_000);
  assert.equal(await drained, 1);
  assert.equal(app.inFlight, 1);
  assert.equal(time.pending, 0);
  handler.end();
  assert.equal((await result).outcome, "handled");
});

Deno.test("dispatch() answers draining once drain() is called, and runs nothing", async () => {
  using time = fakeTime();
  let calls = 0;
  const app = appOf((event, context) => {
    calls++;
    return heeding(event, context);
  });
  const first = dispatch(app);
  const drained = app.drain(GRACE);
  const { error, ...result } = await dispatch(app);
  assert.deepEqual(result, { outcome: "failed", reason: "draining" });
  assert.ok(error instanceof ShutdownError);
  assert.equal(app.inFlight, 1);
  await time.advance(GRACE);
  await Promise.all([first, drained]);
  assert.equal((await dispatch(app)).reason, "draining");
  assert.equal(calls, 1);
});

Deno.test("drain() called twice drains once: neither call waits longer", async () => {
  using time = fakeTime();
  const handler = waiting();
  const app = appOf(handler.handle);
  const result = dispatch(app);
  const first = app.drain(GRACE);
  const second = app.drain(10 * GRACE);
  handler.end();
  assert.deepEqual(await Promise.all([first, second]), [0, 0]);
  assert.equal(time.pending, 0);
  await result;
});

Deno.test("drain() tells of each event that it keeps out, and of no other", async () => {
  const refused: unknown[] = [];
  const app = createApp({
    handlers: [testHandler()],
    knownTypes: [TEST_TYPE],
    middleware: [],
    createContext: testContext,
    onRefused: ({ event, source }, { outcome, reason }) =>
      refused.push([event.type, source, outcome, reason]),
  });
  await dispatch(app);
  await app.drain(GRACE);
  assert.deepEqual(refused, []);
  await dispatch(app);
  assert.deepEqual(refused, [[TEST_TYPE, "test", "failed", "draining"]]);
});
