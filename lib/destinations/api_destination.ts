/**
 * An HTTP API of somebody else's that handlers send to.
 *
 * @module
 */

import type { Config } from "../core/config.ts";
import type {
  ApiDestinationOptions,
  BoundDestination,
  Destination,
  DestinationContext,
} from "./destination.ts";
import { createSender, type Send } from "./_sender.ts";

/**
 * Describes a destination, as EventBridge's API destinations are. Requests share one
 * rate; each has a connection, a deadline and an idempotency key of its own. They go
 * to public addresses only, looked up once for each request, follow no redirect, and
 * what is read of an answer is bounded.
 *
 * @example
 * ```ts
 * import { apiDestination, oauthClient } from "event-handler/destinations";
 *
 * // In a handlers/ file: secrets are settings, which ctx.config has.
 * export const crm = apiDestination({
 *   url: "https://api.example.com/players/{id}/purchases",
 *   ratePerSecond: 10,
 * });
 * ```
 *
 * @param options The options; or a function of the settings, called once, for options
 * with secrets.
 * @throws {DestinationOptionsError} The options make no sense.
 */
export function apiDestination(
  options: ApiDestinationOptions | ((config: Config) => ApiDestinationOptions),
): Destination {
  if (typeof options !== "function") {
    const send = createSender(options);
    return (ctx) => bind(send, ctx);
  }
  const senders = new WeakMap<Config, Send>();
  return (ctx) => {
    let send = senders.get(ctx.config);
    if (send === undefined) {
      send = createSender(options(ctx.config));
      senders.set(ctx.config, send);
    }
    return bind(send, ctx);
  };
}

function bind(send: Send, ctx: DestinationContext): BoundDestination {
  return {
    attempt: ctx.attempt,
    send: (request = {}) => send(request, ctx),
  };
}
