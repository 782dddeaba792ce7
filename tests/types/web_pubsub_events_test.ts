/**
 * What the compiler knows of handlers of Web PubSub's events. A line that no longer
 * behaves as its comment says does not compile, and these tests do not run.
 *
 * @module
 */

import assert from "node:assert/strict";
import type {
  ConnectAnswer,
  ConnectData,
  DisconnectedData,
  UserAnswer,
  UserEventData,
} from "event-handler/web-pubsub";
import { type Event, on, type ReturnFor } from "../../mod.ts";

/** Whether two types are the same, `readonly` and `undefined` included. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends
  (<T>() => T extends B ? 1 : 2) ? true : false;

/** Compiles only when its type argument is `true`. */
function exactly<T extends true>(..._proof: readonly T[]): void {}

Deno.test("on() gives handlers of Web PubSub's events their data, with and without a hub", () => {
  const handlers = [
    on("webPubSub.connect", (event) => {
      exactly<Same<typeof event, Event<ConnectData>>>();
      return { userId: "me" };
    }),
    on("webPubSub.connect@chat", (event) => {
      exactly<Same<typeof event, Event<ConnectData>>>();
    }),
    on("webPubSub.disconnected", (event) => {
      exactly<Same<typeof event, Event<DisconnectedData>>>();
    }),
    on(["webPubSub.message", "webPubSub.user.order@chat"], (event) => {
      exactly<Same<typeof event, Event<UserEventData>>>();
      event.data.state.set("seen", true);
      return event.data.dataType === "text" ? event.data.content : { ok: true };
    }),
    on("webPubSub.user.*", (event) => {
      exactly<Same<typeof event, Event<UserEventData>>>();
    }),
    on("webPubSub.connected", (event) => {
      // @ts-expect-error the state of an event that is only told of is read-only
      event.data.state.set;
    }),
    // @ts-expect-error there is no such event
    on("webPubSub.conect", () => {}),
    // @ts-expect-error a connect is not answered with text
    on("webPubSub.connect", () => "no"),
    // @ts-expect-error nobody waits for this answer
    on("webPubSub.connected", () => "no"),
  ];
  assert.equal(handlers.length, 9);
});

Deno.test("ReturnFor says what handlers of Web PubSub's events may answer", () => {
  exactly<Same<ReturnFor<"webPubSub.connect">, ConnectAnswer | void>>();
  exactly<Same<ReturnFor<"webPubSub.connect@chat">, ConnectAnswer | void>>();
  exactly<Same<ReturnFor<"webPubSub.message">, UserAnswer>>();
  exactly<Same<ReturnFor<"webPubSub.user.order">, UserAnswer>>();
  exactly<Same<ReturnFor<"webPubSub.groupJoined">, void>>();
});
