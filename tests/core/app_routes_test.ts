import assert from "node:assert/strict";
import { type App, createApp } from "../../lib/core/app.ts";
import { AppError } from "../../lib/core/errors.ts";
import type { Handler } from "../../lib/core/on.ts";
import { testContext, testEvent, testHandler } from "../_support/delivery.ts";

const KNOWN_TYPES = [
  "group.memberLeft",
  "groupRole.assigned",
  "match.ended",
  "match.ended@lobby",
  "match.ended@session",
  "userAuthentication.userLoggedIn",
  "userAuthentication.userLoggedOut",
];

function appOf(...handlers: readonly Handler[]): App {
  return createApp({
    handlers,
    knownTypes: KNOWN_TYPES,
    middleware: [],
    createContext: testContext,
  });
}

function handlerOf(...types: readonly string[]): Handler {
  return testHandler(() => {}, { types });
}

function problemsOf(...handlers: readonly Handler[]): readonly string[] {
  try {
    appOf(...handlers);
  } catch (error) {
    assert.ok(error instanceof AppError);
    return error.message.split("\n");
  }
  assert.fail("createApp() took these handlers");
}

Deno.test("createApp() serves the types of all handlers, sorted", () => {
  const app = appOf(
    handlerOf("userAuthentication.userLoggedOut", "group.memberLeft"),
    handlerOf("userAuthentication.userLoggedIn"),
  );
  assert.deepEqual(app.types, [
    "group.memberLeft",
    "userAuthentication.userLoggedIn",
    "userAuthentication.userLoggedOut",
  ]);
});

Deno.test("createApp() serves nothing without handlers", () => {
  assert.deepEqual(appOf().types, []);
});

Deno.test("createApp() expands a pattern to its channel and no other", () => {
  assert.deepEqual(appOf(handlerOf("group.*")).types, ["group.memberLeft"]);
  assert.deepEqual(appOf(handlerOf("userAuthentication.*")).types, [
    "userAuthentication.userLoggedIn",
    "userAuthentication.userLoggedOut",
  ]);
});

Deno.test("createApp() lets a pattern take a shared key and its qualified types", () => {
  assert.deepEqual(appOf(handlerOf("match.*")).types, [
    "match.ended",
    "match.ended@lobby",
    "match.ended@session",
  ]);
});

Deno.test("createApp() lets one handler take a shared key and another a qualified type", async () => {
  const calls: string[] = [];
  const recorder = (name: string, types: string) =>
    testHandler(() => {
      calls.push(name);
    }, { types });
  const app = appOf(
    recorder("key", "match.ended"),
    recorder("session", "match.ended@session"),
  );
  assert.deepEqual(app.types, ["match.ended", "match.ended@session"]);
  for (const type of app.types) {
    await app.dispatch(testEvent({ type }), {
      source: "test",
      controller: new AbortController(),
    });
  }
  assert.deepEqual(calls, ["key", "session"]);
});

Deno.test("createApp() refuses two handlers of one type and one name", () => {
  const expected = [
    'Event type "group.memberLeft" is handled twice by "group.memberLeft": ' +
    "expected another name for each handler",
  ];
  const handler = handlerOf("group.memberLeft");
  assert.deepEqual(
    problemsOf(handler, handlerOf("group.memberLeft")),
    expected,
  );
  assert.deepEqual(problemsOf(handler, handler, handler), expected);
  assert.deepEqual(appOf(handler, handlerOf("group.*")).types, [
    "group.memberLeft",
  ]);
});

Deno.test("createApp() refuses a name that is not usable in keys and labels", () => {
  for (const name of ["", "a b", "a@b", "x".repeat(65)]) {
    const handler = testHandler(() => {}, { types: "match.ended", name });
    assert.deepEqual(problemsOf(handler), [
      `Handler's name is "${name}": expected 1 to 64 letters, digits, - and _`,
    ]);
  }
});

Deno.test("createApp() refuses an unknown type and names the nearest one", () => {
  assert.deepEqual(problemsOf(handlerOf("userAuthentication.userLogedin")), [
    'Event type "userAuthentication.userLogedin" does not exist: did you mean ' +
    '"userAuthentication.userLoggedIn"',
  ]);
  assert.deepEqual(problemsOf(handlerOf("match.ended@sesion")), [
    'Event type "match.ended@sesion" does not exist: did you mean ' +
    '"match.ended@session"',
  ]);
});

Deno.test("createApp() refuses an unknown channel and names the nearest one", () => {
  assert.deepEqual(problemsOf(handlerOf("userAuthentification.*")), [
    'Event type "userAuthentification.*" does not exist: did you mean ' +
    '"userAuthentication.*"',
  ]);
});

Deno.test("createApp() guesses nothing when no type resembles the unknown one", () => {
  for (const type of ["quux", "*", ".*", "xyzzy.*", ""]) {
    assert.deepEqual(problemsOf(handlerOf(type)), [
      `Event type "${type}" does not exist`,
    ]);
  }
});

Deno.test("createApp() refuses a handler without types", () => {
  assert.deepEqual(problemsOf(handlerOf()), [
    "Handler takes no event type: expected one or more",
  ]);
});

// Beyond 2^31 - 1 a timer fires at once: every event would miss its deadline.
for (const timeout of [0, -1, NaN, Infinity, 2 ** 31]) {
  Deno.test(`createApp() refuses a handler's timeout of ${timeout}`, () => {
    const handler = testHandler(() => {}, { types: "match.ended", timeout });
    assert.deepEqual(problemsOf(handler), [
      `Handler of "match.ended" has a timeout of ${timeout}: expected 1 to ` +
      "2147483647 milliseconds",
    ]);
  });
}

for (const timeout of [1, 2 ** 31 - 1]) {
  Deno.test(`createApp() takes a handler's timeout of ${timeout}`, () => {
    const handler = testHandler(() => {}, { types: "match.ended", timeout });
    assert.deepEqual(appOf(handler).types, ["match.ended"]);
  });
}

Deno.test("createApp() lists every problem at once, each once", () => {
  assert.deepEqual(
    problemsOf(
      handlerOf("match.ended", "match.endet", "group.memberLeft"),
      handlerOf("match.endet"),
      handlerOf("group.memberLeft"),
      handlerOf("group.memberLeft"),
      handlerOf(),
    ),
    [
      'Event type "match.endet" does not exist: did you mean "match.ended"',
      'Event type "group.memberLeft" is handled twice by "group.memberLeft": expected another name for each handler',
      "Handler takes no event type: expected one or more",
    ],
  );
});

Deno.test("dispatch() throws for a type that no handler takes", () => {
  const app = appOf(handlerOf("match.ended"));
  const dispatch = (type: string) => () =>
    app.dispatch(testEvent({ type }), {
      source: "test",
      controller: new AbortController(),
    });
  assert.throws(
    dispatch("group.memberLeft"),
    new AppError('No handler takes the event type "group.memberLeft"'),
  );
  assert.throws(dispatch("__proto__"), AppError);
  assert.equal(app.inFlight, 0);
});

Deno.test("createApp() refuses what on() did not make, by its place in the list", () => {
  const listed: unknown[] = [
    handlerOf("match.ended"),
    () => {},
    undefined,
    { types: ["match.ended"] },
  ];
  assert.deepEqual(
    problemsOf(...listed as Handler[]),
    [[2, "function"], [3, "undefined"], [4, "object"]].map(([entry, found]) =>
      `handlers/mod.ts, entry ${entry} of the list: ` +
      `expected what on(…) returns, found ${found}`
    ),
  );
});
