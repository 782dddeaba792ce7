/**
 * A Web PubSub upstream made with the library alone, whose answers can be checked from
 * outside:
 *
 * ```sh
 * HTTP_PORT=8000 ORIGIN=foo.webpubsub.azure.com KEY=key KEY2=second-key \
 *   deno run --allow-net --allow-env tests/webpubsub/library_app.ts
 * ```
 *
 * | Variable | What it says |
 * | --- | --- |
 * | `HTTP_PORT` | The port; 0 takes any free one. 8000 if it is not set |
 * | `WEBPUBSUB_PATH` | The path. `/upstream` if it is not set |
 * | `WEBPUBSUB_CONNECTION_STRINGS` | Connection strings, separated by spaces |
 * | `ORIGIN`, `KEY`, `KEY2` | Instead of those: the service's host and its keys |
 *
 * Without a key it takes events from anybody, and says so.
 *
 * @module
 */

import { EventError } from "../../lib/core/errors.ts";
import {
  AccessKeyValidator,
  ConnectionRefused,
  TryAgainError,
  type UserAnswer,
  type UserEventRequest,
  WebPubSubUpstream,
} from "event-handler/web-pubsub";
import {
  connect,
  connected,
  disconnected,
  message,
  notified,
  order,
} from "./conformance_handlers.ts";

const env = (name: string) => Deno.env.get(name) || undefined;

const upstream = new WebPubSubUpstream({
  validator: validatorOf(connectionStrings()),
  hubs: ["chat"],
  handleConnect: ({ data }) => connect(data),
  handleUserEvent: decided(({ data }) => {
    switch (data.connection.eventName.toLowerCase()) {
      case "message":
        return message(data);
      case "order":
        return order(data);
    }
  }),
  handleConnected: ({ data: { connection, state } }, signal) =>
    connected(connection, state, signal),
  handleDisconnected({ data: { connection, state, reason, mqtt } }) {
    const { initiatedByClient } = mqtt ?? {};
    disconnected(connection, state, { reason, initiatedByClient });
  },
  handleGroupJoined({ data: { connection, state, group } }) {
    notified({ event: "joined", group }, connection, state);
  },
  handleGroupLeft({ data: { connection, state, group } }) {
    notified({ event: "left", group }, connection, state);
  },
});

if (import.meta.main) {
  const path = env("WEBPUBSUB_PATH") ?? "/upstream";
  const server = Deno.serve(
    {
      hostname: "127.0.0.1",
      port: Number(env("HTTP_PORT") ?? 8000),
      // deno-lint-ignore no-console -- whoever starts it wants to know
      onListen: ({ port }) => console.log(`http://127.0.0.1:${port}${path}`),
    },
    (request) =>
      new URL(request.url).pathname === path
        ? upstream.handle(request)
        : new Response(null, { status: 404 }),
  );
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => server.shutdown());
  }
  await server.finished;
  await upstream.drain(AbortSignal.timeout(1_000));
}

function connectionStrings(): readonly string[] {
  const strings = env("WEBPUBSUB_CONNECTION_STRINGS");
  if (strings !== undefined) return strings.split(/\s+/).filter(Boolean);
  const origin = env("ORIGIN");
  return [env("KEY"), env("KEY2")].flatMap((key) =>
    origin === undefined || key === undefined
      ? []
      : [`Endpoint=https://${origin};AccessKey=${key};Version=1.0;`]
  );
}

function validatorOf(strings: readonly string[]) {
  return strings.length === 0 ? "none" : new AccessKeyValidator(strings);
}

/** Answers what handlers throw as the service does: for good, or to come again. */
function decided(
  handle: (request: UserEventRequest) => UserAnswer,
): (request: UserEventRequest) => UserAnswer {
  return (request) => {
    try {
      return handle(request);
    } catch (cause) {
      if (!(cause instanceof EventError)) throw cause;
      if (cause.retryable) throw new TryAgainError("Try again", { cause });
      throw new ConnectionRefused(400, undefined, { cause });
    }
  };
}
