/**
 * What the compiler knows of handlers. A line that no longer behaves as its comment
 * says does not compile, and these tests do not run.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { EventData } from "../../proto/events.ts";
import {
  type ChannelOf,
  type ChannelPattern,
  type Context,
  type Event,
  type EventFor,
  type EventMap,
  type EventType,
  type Handler,
  type MatchingType,
  on,
  type OnOptions,
} from "../../mod.ts";

/** Whether two types are the same, `readonly` and `undefined` included. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends
  (<T>() => T extends B ? 1 : 2) ? true : false;

/** Compiles only when its type argument is `true`. */
function exactly<T extends true>(..._proof: readonly T[]): void {}

type LoggedIn = "userAuthentication.userLoggedIn";
type LoggedOut = "userAuthentication.userLoggedOut";

type AuthenticationType =
  | LoggedIn
  | LoggedOut
  | "userAuthentication.userThirdPartyLoggedIn"
  | "userAuthentication.userLoginFailed"
  | "userAuthentication.userThirdPartyLoginFailed";

Deno.test("on() gives the handler of a key that key's event", () => {
  const handler = on("userAuthentication.userLoggedIn", (event, ctx) => {
    exactly<Same<typeof event, Event<EventData[LoggedIn]>>>();
    exactly<Same<typeof ctx, Context>>();
    exactly<Same<typeof event.data.userId, string>>();
    exactly<
      Same<
        NonNullable<
          NonNullable<typeof event.data.payload>["userAuthentication"]
        >["refresh"],
        boolean
      >
    >();
  });
  exactly<Same<typeof handler, Handler>>();
  assert.deepEqual(handler.types, ["userAuthentication.userLoggedIn"]);
});

Deno.test("on() gives the handler of several keys the union of their events", () => {
  const handler = on([
    "userAuthentication.userLoggedIn",
    "userAuthentication.userLoggedOut",
  ], (event) => {
    exactly<
      Same<
        typeof event,
        Event<EventData[LoggedIn]> | Event<EventData[LoggedOut]>
      >
    >();
  });
  assert.equal(handler.types.length, 2);
});

Deno.test("on() gives the handler of a channel the union of the channel's events", () => {
  const handler = on("userAuthentication.*", (event) => {
    exactly<Same<typeof event, EventMap[AuthenticationType]>>();
  });
  assert.deepEqual(handler.types, ["userAuthentication.*"]);
});

Deno.test("on() takes keys and channels together", () => {
  const handler = on(["userAuthentication.*", "userRoles.userRolesCreated"], (
    event,
  ) => {
    exactly<
      Same<
        typeof event,
        EventMap[AuthenticationType | "userRoles.userRolesCreated"]
      >
    >();
  });
  assert.equal(handler.types.length, 2);
});

Deno.test("on() takes a list that is made elsewhere", () => {
  const types: readonly (LoggedIn | LoggedOut)[] = [
    "userAuthentication.userLoggedOut",
  ];
  const handler = on(types, (event) => {
    exactly<Same<typeof event, EventMap[LoggedIn | LoggedOut]>>();
  });
  assert.deepEqual(handler.types, types);
});

Deno.test("on() takes a function that is written elsewhere", () => {
  const general = (_event: Event, _ctx: Context): void => {};
  const exact = async (
    _event: EventFor<"userAuthentication.userLoggedIn">,
  ): Promise<void> => {};
  assert.equal(on("userAuthentication.*", general).handle, general);
  assert.equal(on("userAuthentication.userLoggedIn", exact).handle, exact);
  const text = (_event: Event<string>): void => {};
  // @ts-expect-error -- A function for other data.
  assert.equal(on("userAuthentication.userLoggedIn", text).handle, text);
});

Deno.test("on() refuses what is no event type", () => {
  const handle = () => {};
  const wrong = [
    // @ts-expect-error -- Misspelt name.
    on("userAuthentication.userLogedIn", handle),
    // @ts-expect-error -- Misspelt name in a list.
    on(["userAuthentication.userLoggedIn", "userAuthentication.x"], handle),
    // @ts-expect-error -- Another case.
    on("userauthentication.userLoggedIn", handle),
    // @ts-expect-error -- A channel that is not there.
    on("userAuthentification.*", handle),
    // @ts-expect-error -- A pattern is a whole channel.
    on("userAuthentication.user*", handle),
    // @ts-expect-error -- A channel is no type without its star.
    on("userAuthentication", handle),
    // @ts-expect-error -- There is no pattern for everything.
    on("*", handle),
    // @ts-expect-error -- No type at all.
    on("", handle),
    // @ts-expect-error -- Any text: it may be misspelt.
    on("userAuthentication.userLoggedIn" as string, handle),
  ];
  // What the compiler refuses, createApp() has to refuse: on() only describes.
  assert.equal(wrong.length, 9);
});

Deno.test("on() gives the handler no field that the event lacks", () => {
  const handler = on("userAuthentication.userLoggedIn", (event) => {
    // @ts-expect-error -- Misspelt field of the message.
    void event.data.userID;
    // @ts-expect-error -- The payload may be absent.
    void event.data.payload.userAuthentication;
    // @ts-expect-error -- Misspelt field of the payload.
    void event.data.payload?.userAuthentification;
    // @ts-expect-error -- Fields of another event.
    void event.data.payload?.userAuthenticationFailed;
    // @ts-expect-error -- Misspelt attribute of the event.
    void event.nameSpace;
    // @ts-expect-error -- Wrong type: a text is no number.
    void (event.data.userId satisfies number);
  });
  assert.equal(handler.types.length, 1);
});

Deno.test("on() lets the handler of several events read what all of them have", () => {
  const handler = on("userAuthentication.*", (event) => {
    void (event.data.userId satisfies string);
    // @ts-expect-error -- Not all events of the channel have it.
    void event.data.payload?.userAuthentication;
  });
  assert.equal(handler.types.length, 1);
});

Deno.test("on() gives the handler an event that it cannot change", () => {
  const handler = on("userAuthentication.userLoggedIn", (event) => {
    // @ts-expect-error -- Attributes are read-only.
    event.id = "";
    // @ts-expect-error -- So is the message.
    event.data.userId = "";
    const authentication = event.data.payload?.userAuthentication;
    // @ts-expect-error -- At any depth.
    if (authentication) authentication.refresh = true;
    // @ts-expect-error -- And as a whole.
    event.data = undefined;
  });
  const lists = on("userRoles.userRolesDeleted", (event) => {
    const roles = event.data.payload?.roles;
    exactly<Same<NonNullable<typeof roles>, readonly string[]>>();
  });
  assert.equal(handler.types.length + lists.types.length, 2);
});

Deno.test("on() gives the filter the handler's event, and wants a boolean", () => {
  const handle = () => {};
  const handler = on("userAuthentication.userLoggedIn", handle, {
    filter: (event) => {
      exactly<Same<typeof event, EventMap[LoggedIn]>>();
      return true;
    },
  });
  const wrong = [
    on("userAuthentication.userLoggedIn", handle, {
      // @ts-expect-error -- A field that the event lacks.
      filter: (event) => event.data.refresh,
    }),
    on("userAuthentication.userLoggedIn", handle, {
      // @ts-expect-error -- A filter waits for nothing.
      filter: () => Promise.resolve(true),
    }),
    on("userAuthentication.userLoggedIn", handle, {
      // @ts-expect-error -- Nothing is no answer.
      filter: () => {},
    }),
    on("userAuthentication.userLoggedIn", handle, {
      // @ts-expect-error -- A filter for another event.
      filter: (_event: EventMap["userRoles.userRolesCreated"]) => true,
    }),
  ];
  assert.equal(typeof handler.options.filter, "function");
  assert.equal(wrong.length, 4);
});

Deno.test("on() refuses options and functions of another shape", () => {
  const wrong = [
    // @ts-expect-error -- Misspelt option.
    on("userAuthentication.*", () => {}, { timeOut: 5 }),
    // @ts-expect-error -- A timeout is a number of milliseconds.
    on("userAuthentication.*", () => {}, { timeout: "5s" }),
    // @ts-expect-error -- An option that is not given is left out.
    on("userAuthentication.*", () => {}, { timeout: undefined }),
    // @ts-expect-error -- A handler gets an event and a context, nothing else.
    on("userAuthentication.*", (_event, _ctx, _more) => {}),
  ];
  assert.equal(wrong.length, 4);
  // @ts-expect-error -- A handler is needed.
  assert.equal(on("userAuthentication.*").handle, undefined);
});

Deno.test("A handler cannot be changed", () => {
  const handler = on("userAuthentication.*", () => {});
  assert.throws(() => {
    // @ts-expect-error -- Read-only, and frozen.
    handler.types = [];
  }, TypeError);
  assert.throws(() => {
    // @ts-expect-error -- So are its options.
    handler.options.timeout = 5;
  }, TypeError);
});

Deno.test("Event types are literal names, and patterns are their channels", () => {
  exactly<Same<ChannelOf<LoggedIn>, "userAuthentication">>();
  exactly<Same<MatchingType<LoggedIn>, LoggedIn>>();
  exactly<Same<MatchingType<"userAuthentication.*">, AuthenticationType>>();
  exactly<Same<string extends EventType ? true : false, false>>();
  exactly<Same<string extends ChannelPattern ? true : false, false>>();
  exactly<Same<keyof EventMap, EventType>>();
  exactly<Same<OnOptions["timeout"], number | undefined>>();
  // @ts-expect-error -- The proof itself: what is not so does not compile.
  exactly<Same<LoggedIn, LoggedOut>>();
  const types: readonly EventType[] = ["userRoles.userRolesCreated"];
  assert.equal(types.length, 1);
});
