/**
 * What the compiler knows of handlers of open names. A line that no longer behaves as
 * its comment says does not compile, and these tests do not run.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { ReceivedMessage } from "../../proto/accelbyte-asyncapi/extend/async_messaging/consumer_service.ts";
import type {
  ScheduledTaskRequest,
  ScheduledTaskResponse,
} from "../../proto/accelbyte-asyncapi/extend/task_scheduler/v1/task_scheduler.ts";
import {
  type Context,
  type Event,
  type EventFor,
  type EventMap,
  on,
  parseJson,
  type ReturnFor,
  type ScheduledTaskResult,
} from "../../mod.ts";

/** Whether two types are the same, `readonly` and `undefined` included. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends
  (<T>() => T extends B ? 1 : 2) ? true : false;

/** Compiles only when its type argument is `true`. */
function exactly<T extends true>(..._proof: readonly T[]): void {}

type LoggedIn = "userAuthentication.userLoggedIn";

Deno.test("on() gives the handler of a topic, and of all topics, the message", () => {
  const handlers = [
    on("asyncMessaging.orders", (event, ctx) => {
      exactly<Same<typeof event, Event<ReceivedMessage>>>();
      exactly<Same<typeof ctx, Context>>();
      exactly<Same<typeof event.data.body, string>>();
      exactly<
        Same<typeof event.data.metadata, Readonly<Record<string, string>>>
      >();
    }),
    on("asyncMessaging.*", (event) => {
      exactly<Same<typeof event, Event<ReceivedMessage>>>();
    }),
    on(["asyncMessaging.a", "asyncMessaging.b"], (event) => {
      exactly<Same<typeof event, Event<ReceivedMessage>>>();
    }),
  ];
  assert.equal(handlers.length, 3);
});

Deno.test("on() gives the handler of a topic and an AGS event the union of both", () => {
  const handler = on([
    "asyncMessaging.orders",
    "userAuthentication.userLoggedIn",
  ], (
    event,
  ) => {
    exactly<
      Same<typeof event, Event<ReceivedMessage> | EventMap[LoggedIn]>
    >();
  });
  assert.equal(handler.types.length, 2);
});

Deno.test("on() refuses names that are none of an open channel", () => {
  const handle = () => {};
  const wrong = [
    // @ts-expect-error -- Misspelt channel.
    on("asyncMesaging.orders", handle),
    // @ts-expect-error -- Another case.
    on("scheduledtask.nightly", handle),
    // @ts-expect-error -- A channel is no type without a name.
    on("asyncMessaging", handle),
    // @ts-expect-error -- Any text: it may be misspelt.
    on(`${"asyncMessaging" as string}.orders`, handle),
  ];
  assert.equal(wrong.length, 4);
  const topic: string = "orders";
  assert.equal(on(`asyncMessaging.${topic}`, handle).types.length, 1);
});

Deno.test("on() lets the handler of a scheduled task answer, and no other", () => {
  const right = [
    on("scheduledTask.nightly", (event) => {
      exactly<Same<typeof event, Event<ScheduledTaskRequest>>>();
    }),
    on("scheduledTask.nightly", () => ({ success: false, message: "later" })),
    on("scheduledTask.*", async (event) => {
      await Promise.resolve();
      return { resultData: event.data.payload, httpStatusCode: 201 };
    }),
    on(["scheduledTask.a", "scheduledTask.b"], (event) => {
      if (event.data.attemptNumber > 1) return { success: false };
    }),
  ];
  const wrong = [
    // @ts-expect-error -- Not the answer's type.
    on("scheduledTask.nightly", () => ({ success: "yes" })),
    // @ts-expect-error -- No answer at all.
    on("scheduledTask.nightly", () => "done"),
    // @ts-expect-error -- A message is answered with nothing.
    on("asyncMessaging.orders", () => ({ success: true })),
    // @ts-expect-error -- So is an AGS event.
    on("userAuthentication.userLoggedIn", () => ({ success: true })),
    // @ts-expect-error -- And a handler that takes those, too.
    on(["scheduledTask.a", "asyncMessaging.a"], () => ({ success: true })),
  ];
  assert.equal(right.length + wrong.length, 9);
  exactly<
    Same<Required<ScheduledTaskResult>, Required<ScheduledTaskResponse>>
  >();
  exactly<Same<ReturnFor<"scheduledTask.*">, ScheduledTaskResult | void>>();
  exactly<Same<ReturnFor<LoggedIn>, void>>();
});

Deno.test("parseJson() says what its check says, and nothing without one", () => {
  const event = { data: { body: "1" } } as EventFor<"asyncMessaging.orders">;
  const plain = parseJson(event.data.body);
  const checked = parseJson(event.data.body, Number);
  exactly<Same<typeof plain, unknown>>();
  exactly<Same<typeof checked, number>>();
  assert.equal(plain, checked);
});
