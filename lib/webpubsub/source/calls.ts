/**
 * `ctx.webPubSub`: calls Web PubSub for an event.
 *
 * @module
 */

import type { WebPubSubConfig } from "../../config/webpubsub.ts";
import type { WebPubSubHubs } from "../../core/context.ts";
import type { Event } from "../../core/event.ts";
import { TerminalError } from "../../core/errors.ts";
import { parseConnectionString } from "../connection_string.ts";
import { createWebPubSubClient } from "../rest/client.ts";
import type { WebPubSubService } from "../rest/types.ts";
import { CHANNEL } from "./_types.ts";

/** Binds the calls to an event: they end with its signal. */
export type BindWebPubSub = (
  event: Event,
  bounds: { readonly signal: AbortSignal },
) => WebPubSubHubs;

/** Makes what calls. Nothing is connected before it is used. */
export function createWebPubSubCalls(
  config: Pick<WebPubSubConfig, "webPubSubConnectionStrings" | "webPubSubHubs">,
): BindWebPubSub {
  const services = new Map<string, WebPubSubService>();
  const [first, ...others] = config.webPubSubHubs;
  const onlyHub = others.length === 0 && first !== "*" ? first : undefined;

  /** The service that an event came from, or the first one. */
  function serviceOf(origin: string | undefined): WebPubSubService {
    const all = config.webPubSubConnectionStrings.map((each) => each.reveal());
    const text =
      all.find((each) =>
        parseConnectionString(each).host === origin?.toLowerCase()
      ) ?? all[0];
    if (text === undefined) {
      throw new TerminalError(
        "Web PubSub cannot be called: expected WEBPUBSUB_CONNECTION_STRINGS " +
          "with a connection string",
        { fault: "state" },
      );
    }
    const service = services.get(text) ??
      createWebPubSubClient({ connectionString: text });
    services.set(text, service);
    return service;
  }

  return (event, { signal }) => ({
    hub(name) {
      const connection = connectionOf(event);
      const hub = name ?? connection?.hub ?? onlyHub;
      if (hub === undefined) {
        throw new TerminalError(
          "Web PubSub's hub is not said: expected one, as the event is of none",
          { fault: "state" },
        );
      }
      return serviceOf(connection?.origin).hub(hub, { signal });
    },
  });
}

interface Connection {
  readonly hub: string;
  readonly origin: string;
}

function connectionOf({ type, data }: Event): Connection | undefined {
  return type.startsWith(`${CHANNEL}.`)
    ? (data as { readonly connection?: Connection } | undefined)?.connection
    : undefined;
}
