import assert from "node:assert/strict";
import {
  type AppOptions,
  createApp,
  type DispatchOptions,
} from "../../lib/core/app.ts";
import type { Delivery } from "../../lib/core/dispatcher.ts";
import {
  CancelledError,
  DeadlineError,
  RetryableError,
  ShutdownError,
  TerminalError,
} from "../../lib/core/errors.ts";
import { createMemoryBudget } from "../../lib/core/memory_budget.ts";
import type { Handler, OnOptions } from "../../lib/core/on.ts";
import type { Result } from "../../lib/core/outcome.ts";
import { deadline } from "../../lib/middleware/deadline.ts";
import {
  TEST_TYPE,
  testContext,
  testEvent,
  testHandler,
} from "../_support/delivery.ts";

interface Setup extends Partial<AppOptions>, Partial<DispatchOptions> {
  readonly options?: OnOptions;
}

/** Takes one event through an app with this handler. */
async function dispatchTo(
  handle: Handler["handle"],
  setup: Setup = {},
): Promise<Result> {
  const app = createApp({
    handlers: [testHandler(handle, setup.options)],
    knownTypes: [TEST_TYPE],
    middleware: setup.middleware ?? [],
    createContext: setup.createContext ?? testContext,
  });
  const result = await app.dispatch(testEvent(), {
    source: "test",
    controller: setup.controller ?? new AbortController(),
    deadline: setup.deadline,
    malformed: setup.malformed,
  });
  assert.equal(app.inFlight, 0);
  return result;
}

function throws(error: unknown): () => never {
  return () => {
    throw error;
  };
}

Deno.test("dispatch() answers handled when the handler returns", async () => {
  const expected = { outcome: "handled", reason: "handled" };
  assert.deepEqual(await dispatchTo(() => {}), expected);
  assert.deepEqual(await dispatchTo(() => Promise.resolve()), expected);
});

Deno.test("dispatch() hands the handler the event and the context made for it", async () => {
  let delivery: Delivery | undefined;
  const received: unknown[] = [];
  const controller = new AbortController();
  await dispatchTo((...args) => {
    received.push(...args);
  }, {
    controller,
    deadline: 4_102_444_800_000,
    createContext: (each) => {
      delivery = each;
      return testContext(each);
    },
  });
  assert.ok(delivery !== undefined);
  assert.deepEqual(received[0], testEvent());
  assert.equal(received.length, 2);
  assert.equal(delivery.controller, controller);
  assert.equal(delivery.deadline, 4_102_444_800_000);
  assert.equal(delivery.source, "test");
  assert.equal(delivery.attempt, 1);
  assert.equal(delivery.isRun, true);
});

for (const how of ["returned", "thrown"] as const) {
  Deno.test(`what a context holds for a handler is given back when it has ${how}, and not before`, async () => {
    const order: string[] = [];
    await dispatchTo(async () => {
      await Promise.resolve();
      order.push("handler");
      if (how === "thrown") throw new Error("boom");
    }, {
      createContext: (each, ending) => {
        ending.defer(() => void order.push("given back"));
        return testContext(each);
      },
    });
    assert.deepEqual(order, ["handler", "given back"]);
  });
}

for (
  const [what, error] of [
    ["an Error", new Error("boom")],
    ["a TypeError", new TypeError("boom")],
    ["a string", "boom"],
    ["a number", 0],
    ["undefined", undefined],
    ["null", null],
    ["a symbol", Symbol("boom")],
    ["an object", { retryable: false }],
    ["an object without a prototype", Object.create(null)],
    ["a frozen Error", Object.freeze(new Error("boom"))],
    ["a DOMException", new DOMException("boom", "TimeoutError")],
  ] as const
) {
  Deno.test(`dispatch() answers failed (bug) when the handler throws ${what}`, async () => {
    const { errorId, ...result } = await dispatchTo(throws(error));
    assert.deepEqual(result, { outcome: "failed", reason: "bug", error });
    assert.match(errorId ?? "", /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    const rejecting = await dispatchTo(() => Promise.reject(error));
    assert.equal(rejecting.reason, "bug");
  });
}

Deno.test("dispatch() gives every bug an error id of its own", async () => {
  const error = new Error("boom");
  const first = await dispatchTo(throws(error));
  const second = await dispatchTo(throws(error));
  assert.notEqual(first.errorId, second.errorId);
});

Deno.test("dispatch() answers rejected (bad_event) when the handler throws TerminalError", async () => {
  for (
    const error of [
      new TerminalError("bad"),
      new TerminalError("bad", { fault: "event" }),
    ]
  ) {
    assert.deepEqual(await dispatchTo(throws(error)), {
      outcome: "rejected",
      reason: "bad_event",
      error,
    });
  }
});

Deno.test("dispatch() answers rejected (bad_state) when the world is at fault", async () => {
  const error = new TerminalError("no such item", { fault: "state" });
  assert.deepEqual(await dispatchTo(throws(error)), {
    outcome: "rejected",
    reason: "bad_state",
    error,
  });
});

Deno.test("dispatch() answers failed (unavailable) when the handler throws RetryableError", async () => {
  const error = new RetryableError("later", { retryAfter: 1_500 });
  const result = await dispatchTo(throws(error));
  assert.deepEqual(result, {
    outcome: "failed",
    reason: "unavailable",
    error,
  });
  assert.equal((result.error as RetryableError).retryAfter, 1_500);
});

Deno.test("dispatch() answers by the reason of the signal that ended the handler", async () => {
  const cases = [
    [new DeadlineError("late"), "failed", "deadline"],
    [new CancelledError("gone"), "cancelled", "cancelled"],
    [new ShutdownError("stopping"), "failed", "unavailable"],
    [new Error("anything else"), "failed", "unavailable"],
  ] as const;
  for (const [reason, ...expected] of cases) {
    const controller = new AbortController();
    const error = new Error("fetch was aborted");
    const { outcome, reason: why, ...rest } = await dispatchTo(() => {
      controller.abort(reason);
      throw error;
    }, { controller });
    assert.deepEqual([outcome, why], expected);
    assert.deepEqual(rest, { error });
  }
});

Deno.test("dispatch() believes a handler that is sure, even after its signal ended", async () => {
  const controller = new AbortController();
  const error = new TerminalError("bad");
  const rejected = await dispatchTo(() => {
    controller.abort(new DeadlineError("late"));
    throw error;
  }, { controller });
  assert.deepEqual(rejected, {
    outcome: "rejected",
    reason: "bad_event",
    error,
  });
  const other = new AbortController();
  const handled = await dispatchTo(() => {
    other.abort(new DeadlineError("late"));
  }, { controller: other });
  assert.equal(handled.outcome, "handled");
});

Deno.test("dispatch() does not run a handler whose caller is gone already", async () => {
  const controller = new AbortController();
  const reason = new CancelledError("gone");
  controller.abort(reason);
  let calls = 0;
  const result = await dispatchTo(() => {
    calls++;
  }, { controller });
  assert.deepEqual(result, {
    outcome: "cancelled",
    reason: "cancelled",
    error: reason,
  });
  assert.equal(calls, 0);
});

Deno.test("dispatch() answers a malformed event as rejected and asks no handler", async () => {
  const malformed = new TerminalError("does not decode");
  let calls = 0;
  const result = await dispatchTo(() => void calls++, { malformed });
  assert.deepEqual(result, {
    outcome: "rejected",
    reason: "bad_event",
    error: malformed,
  });
  assert.equal(calls, 0);
});

Deno.test("dispatch() answers failed (bug) when the context cannot be made", async () => {
  const error = new Error("no context");
  const result = await dispatchTo(() => {}, {
    createContext: throws(error),
  });
  assert.equal(result.reason, "bug");
  assert.equal(result.error, error);
});

Deno.test("dispatch() resolves when middleware throws or rejects", async () => {
  const error = new Error("store is broken");
  for (
    const middleware of [
      () => {
        throw error;
      },
      () => Promise.reject(error),
    ]
  ) {
    const result = await dispatchTo(() => {}, { middleware: [middleware] });
    assert.deepEqual([result.outcome, result.reason, result.error], [
      "failed",
      "bug",
      error,
    ]);
  }
});

Deno.test("inFlight counts events until they are answered", async () => {
  const ends: (() => void)[] = [];
  const app = createApp({
    handlers: [
      testHandler(() => new Promise<void>((resolve) => ends.push(resolve))),
    ],
    knownTypes: [TEST_TYPE],
    middleware: [],
    createContext: testContext,
  });
  const dispatch = () =>
    app.dispatch(testEvent(), {
      source: "test",
      controller: new AbortController(),
    });
  const results = [dispatch(), dispatch()];
  assert.equal(app.inFlight, 2);
  ends[0]?.();
  await results[0];
  assert.equal(app.inFlight, 1);
  ends[1]?.();
  await results[1];
  assert.equal(app.inFlight, 0);
});

Deno.test("A handler retains its event's memory for as long as it runs, though its event has ended", async () => {
  const memory = createMemoryBudget(100);
  const handled = Promise.withResolvers<void>();
  const app = createApp({
    handlers: [
      testHandler(() => handled.promise),
      testHandler(() => {}, { name: "other" }),
    ],
    knownTypes: [TEST_TYPE],
    middleware: [deadline({ timeout: 1 })],
    createContext: testContext,
  });
  {
    using share = memory.tryTake(100);
    const { reason } = await app.dispatch(testEvent(), {
      source: "test",
      controller: new AbortController(),
      share,
    });
    assert.equal(reason, "deadline");
  }
  assert.equal(memory.used, 100);
  handled.resolve();
  await new Promise((resolve) => setTimeout(resolve, 0));
  assert.equal(memory.used, 0);
});
