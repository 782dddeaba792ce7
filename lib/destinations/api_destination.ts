/**
 * Third-party HTTP APIs that handlers send to.
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
 * Describes a destination, like an EventBridge API destination. Its requests
 * share one rate limit; each has its own connection, deadline and idempotency
 * key. Requests go to public addresses only, resolved once per request;
 * redirects are not followed; and the size of an answer is bounded.
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
 * @param options The options; or a function of the settings, called once, for
 * options with secrets.
 * @throws {DestinationOptionsError} The options are invalid.
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
