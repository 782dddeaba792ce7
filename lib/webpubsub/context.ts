/**
 * Parses the headers of an event.
 *
 * @module
 */

import { HeaderNotFound } from "./errors.ts";
import { decodeHeader } from "./headers.ts";
import type { RequestContext } from "./request_context.ts";

/** The prefix of a user event's `ce-type`. */
export const USER_EVENT_PREFIX = "azure.webpubsub.user.";

/**
 * Parses the headers that every event has.
 *
 * @throws {HeaderNotFound} A header is missing.
 */
export function readContext(headers: Headers): RequestContext {
  const required = (name: string) => {
    const value = headers.get(name);
    if (value === null || value === "") throw new HeaderNotFound(name);
    return decodeHeader(value);
  };
  const optional = (name: string) => decodeHeader(headers.get(name) ?? "");
  const origin = required("webhook-request-origin");
  const hub = required("ce-hub").toLowerCase();
  const connectionId = required("ce-connectionid");
  const eventType = normalType(required("ce-type"));
  const eventName = headers.get("ce-eventname");
  // An empty name is a different error: see InvalidEventNameError.
  if (eventName === null) throw new HeaderNotFound("ce-eventname");
  const userId = optional("ce-userid");
  const subprotocol = optional("ce-subprotocol");
  return {
    origin,
    connectionId,
    signature: headers.get("ce-signature") ?? undefined,
    eventType,
    eventName: decodeHeader(eventName),
    hub,
    ...(userId === "" ? {} : { userId }),
    ...(subprotocol === "" ? {} : { subprotocol }),
    headers,
  };
}

/** Types are case-insensitive, but a user event's name keeps its spelling. */
function normalType(type: string): string {
  const lower = type.toLowerCase();
  return lower.startsWith(USER_EVENT_PREFIX)
    ? USER_EVENT_PREFIX + type.slice(USER_EVENT_PREFIX.length)
    : lower;
}
