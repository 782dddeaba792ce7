import assert from "node:assert/strict";
import { type App, createApp } from "../../lib/core/app.ts";
import type { Context } from "../../lib/core/context.ts";
import type { Delivery } from "../../lib/core/dispatcher.ts";
import { AppError, TerminalError } from "../../lib/core/errors.ts";
import type { Handler } from "../../lib/core/on.ts";
import type { Result } from "../../lib/core/outcome.ts";
import { testContext, testEvent, testHandler } from "../_support/delivery.ts";

interface Seen {
  readonly deliveries: Delivery[];
  readonly app: App;
}

function appOf(...handlers: readonly Handler[]): Seen {
  return appWithTaps([], ...handlers);
}

function appWithTaps(
  taps: readonly Handler[],
  ...handlers: readonly Handler[]
): Seen {
  const deliveries: Delivery[] = [];
  const app = createApp({
    handlers,
    taps,
    knownTypes: ["userAuthentication.userLoggedIn", "asyncStorage.saved"],
    openChannels: ["asyncMessaging", "scheduledTask"],
    middleware: [(delivery, next) => {
      deliveries.push(delivery);
      return next(delivery);
    }],
    createContext: testContext,
  });
  return { app, deliveries };
}

function dispatch(
  { app }: Seen,
  type: string,
  encode?: (value: unknown) => unknown,
): Promise<Result> {
  const controller = new AbortController();
  return app.dispatch(testEvent({ type }), {
    source: "test",
    controller,
    encode,
  });
}

const named = (types: string | readonly string[], handle?: Handler["handle"]) =>
  testHandler(handle, { types });

Deno.test("createApp() takes any name of an open channel, and serves what is registered", () => {
  const { app } = appOf(
    named(["asyncMessaging.orders", "asyncMessaging.a.b"]),
    named("scheduledTask.*"),
  );
  assert.deepEqual(app.types, [
    "asyncMessaging.a.b",
    "asyncMessaging.orders",
    "scheduledTask.*",
  ]);
});

Deno.test("an event of an open channel goes to the handler of its name, else to the channel's", async () => {
  const seen: string[] = [];
  const handle = (name: string) => () => void seen.push(name);
  const all = appOf(
    named("asyncMessaging.orders", handle("orders")),
    named("asyncMessaging.*", handle("rest")),
  );
  for (const topic of ["orders", "others", "Orders", "*"]) {
    const { outcome } = await dispatch(all, `asyncMessaging.${topic}`);
    assert.equal(outcome, "handled");
  }
  assert.deepEqual(seen, ["orders", "rest", "rest", "rest"]);
  assert.deepEqual(
    all.deliveries.map(({ event, route }) => [event.type, route]),
    [
      ["asyncMessaging.orders", "asyncMessaging.orders"],
      ["asyncMessaging.others", "asyncMessaging.*"],
      ["asyncMessaging.Orders", "asyncMessaging.*"],
      ["asyncMessaging.*", "asyncMessaging.*"],
    ],
  );
});

Deno.test("names of an open channel that no handler takes are rejected, under one route", async () => {
  const all = appOf(named("asyncMessaging.orders"));
  for (const topic of ["others", "constructor", "__proto__", "*"]) {
    const { outcome, reason, error } = await dispatch(
      all,
      `asyncMessaging.${topic}`,
    );
    assert.deepEqual([outcome, reason], ["rejected", "bad_state"]);
    assert.ok(error instanceof TerminalError);
    assert.equal(
      error.message,
      `No handler takes the event type "asyncMessaging.${topic}": expected one, or one for "asyncMessaging.*"`,
    );
  }
  const routes = new Set(all.deliveries.map(({ route }) => route));
  assert.deepEqual([...routes], ["asyncMessaging.*"]);
  assert.deepEqual(all.app.types, ["asyncMessaging.orders"]);
});

Deno.test("a channel that no handler names is not there", () => {
  const all = appOf(named("asyncMessaging.orders"));
  assert.throws(() => void dispatch(all, "scheduledTask.x"), AppError);
  assert.throws(() => void dispatch(all, "other.*"), AppError);
});

Deno.test("createApp() refuses two handlers of one open name, or of one open channel", () => {
  for (const type of ["asyncMessaging.orders", "asyncMessaging.*"]) {
    assert.throws(() => appOf(named(type), named(type)), {
      name: "AppError",
      message: `Event type "${type}" is handled twice by "${type}": expected ` +
        "another name for each handler",
    });
  }
});

for (
  const [type, meant] of [
    ["asyncMessaging.", "asyncMessaging.*"],
    ["asyncMessaging", "asyncMessaging.*"],
    ["asyncMessaging.or*", "asyncMessaging.*"],
    ["asyncMessaging.orders.*", "asyncMessaging.*"],
    ["asyncMesaging.orders", "asyncMessaging.orders"],
    ["scheduledtask.nightly", "scheduledTask.nightly"],
    ["sheduledTask.*", "scheduledTask.*"],
    ["asyncStorage.saves", "asyncStorage.saved"],
  ] as const
) {
  Deno.test(`createApp() refuses "${type}", and asks for "${meant}"`, () => {
    assert.throws(() => appOf(named(type)), {
      name: "AppError",
      message: `Event type "${type}" does not exist: did you mean "${meant}"`,
    });
  });
}

Deno.test("what a handler returns is the answer, where the source encodes it", async () => {
  const all = appOf(
    named("scheduledTask.*", () => Promise.resolve({ message: "done" })),
  );
  const encoded = await dispatch(all, "scheduledTask.x", JSON.stringify);
  assert.deepEqual(encoded, {
    outcome: "handled",
    reason: "handled",
    answer: '{"message":"done"}',
  });
  const plain = await dispatch(all, "scheduledTask.x");
  assert.deepEqual(plain, { outcome: "handled", reason: "handled" });
});

Deno.test("an answer that cannot be encoded is a bug of the handler", async () => {
  const all = appOf(named("scheduledTask.*", (_: unknown, __: Context) => 5));
  const { outcome, reason, answer, errorId } = await dispatch(
    all,
    "scheduledTask.x",
    () => {
      throw new TypeError("wrong");
    },
  );
  assert.deepEqual([outcome, reason, answer], ["failed", "bug", undefined]);
  assert.ok(errorId);
});

const tap = (types: string | readonly string[]) =>
  testHandler(() => {}, { types, name: "tap" });

/** Who got an event, by what it went by. */
async function whoGets(seen: Seen, type: string) {
  seen.deliveries.length = 0;
  const { outcome } = await dispatch(seen, type);
  return [outcome, ...seen.deliveries.map(({ sharedAs }) => sharedAs)];
}

Deno.test("a tap gets events beside their handler, which goes by what it went by", async () => {
  const login = "userAuthentication.userLoggedIn";
  const seen = appWithTaps([tap("userAuthentication.*")], named(login));
  assert.deepEqual(await whoGets(seen, login), ["handled", undefined, "tap"]);
  assert.deepEqual(seen.app.types, [login]);
});

Deno.test("a tap alone has events come", async () => {
  const seen = appWithTaps([tap("asyncStorage.*")]);
  assert.deepEqual(seen.app.types, ["asyncStorage.saved"]);
  assert.deepEqual(await whoGets(seen, "asyncStorage.saved"), [
    "handled",
    "tap",
  ]);
});

Deno.test("a tap on an open channel takes nothing from the handlers of its names, nor from the channel's", async () => {
  const all = appWithTaps(
    [tap("asyncMessaging.*")],
    named("asyncMessaging.orders"),
  );
  const one = ["handled", undefined, "tap"];
  assert.deepEqual(await whoGets(all, "asyncMessaging.orders"), one);
  assert.deepEqual(await whoGets(all, "asyncMessaging.other"), [
    "handled",
    "tap",
  ]);
  const byName = appWithTaps(
    [tap("asyncMessaging.orders")],
    named("asyncMessaging.*"),
  );
  assert.deepEqual(await whoGets(byName, "asyncMessaging.orders"), one);
  assert.deepEqual(await whoGets(byName, "asyncMessaging.other"), [
    "handled",
    undefined,
  ]);
});

Deno.test("what cannot be read is refused once, by the studio's handler or else by the tap", async () => {
  const login = "userAuthentication.userLoggedIn";
  const malformed = new TerminalError("No event");
  for (
    const [handlers, expected] of [
      [[named(login)], [undefined]],
      [[], ["tap"]],
    ] as const
  ) {
    const seen = appWithTaps([tap(login)], ...handlers);
    const { outcome } = await seen.app.dispatch(testEvent({ type: login }), {
      source: "test",
      controller: new AbortController(),
      malformed,
    });
    assert.equal(outcome, "rejected");
    const names = seen.deliveries.map(({ sharedAs }) => sharedAs);
    assert.deepEqual(names, [...expected]);
  }
});
