/**
 * What the types of the Web PubSub library allow and forbid: checked, never run.
 *
 * @module
 */

import {
  AccessKeyValidator,
  type ConnectAnswer,
  ConnectionRefused,
  reply,
  type ServiceRequest,
  ValidationFailedError,
  WebPubSubUpstream,
} from "event-handler/web-pubsub";

/** Compiling it is the test. */
export function allowed(): Deno.ServeHandler {
  const upstream = new WebPubSubUpstream({
    validator: new AccessKeyValidator(
      "Endpoint=https://foo.webpubsub.azure.com;AccessKey=k;Version=1.0;",
    ),
    handleConnect({ data }): ConnectAnswer {
      const user = data.claims["sub"]?.[0];
      if (user === undefined) throw new ConnectionRefused(401, "no user");
      data.state.set("joined", [1, { deep: null }]);
      return { userId: user, groups: ["lobby"], roles: [] };
    },
    handleUserEvent({ data }) {
      switch (data.dataType) {
        case "text":
          return data.content.toUpperCase();
        case "json":
          return { received: data.content };
        case "binary":
          return reply(data.content, { contentType: data.contentType });
      }
    },
    handleConnected({ data }) {
      // @ts-expect-error state of an event that nobody waits for cannot be changed
      data.state.set("x", 1);
    },
    handleException: (error) =>
      error instanceof ValidationFailedError ? 403 : undefined,
  });
  return upstream.wrap(() => new Response("mine"), { path: "/upstream" });
}

/** Compiling it is the test. */
export function forbidden(request: ServiceRequest): void {
  // @ts-expect-error whether there is a validator must be said
  new WebPubSubUpstream({});
  new WebPubSubUpstream({
    validator: "none",
    // @ts-expect-error connect is answered with an object
    handleConnect: () => "no",
  });
  if (request.kind === "groupJoined") request.data.group satisfies string;
  // @ts-expect-error only group events have a group
  request.data.group;
}

Deno.test("The types of the Web PubSub library allow what they should", () => {
  // The compiler has checked it.
  void [allowed, forbidden];
});
