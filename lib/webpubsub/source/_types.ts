/**
 * Which event type an event of Web PubSub has, and which of the handlers' types takes it.
 *
 * @module
 */

import type { OpenTypes } from "../../core/event_types.ts";
import { USER_EVENT_PREFIX } from "../context.ts";
import type { RequestContext } from "../request_context.ts";
import type { RequestKind } from "../request.ts";

/** The channel of all types. */
export const CHANNEL = "webPubSub";

/** Types with fixed names, and the pattern of user events. */
export const EVENT_TYPES: readonly string[] = [
  "connect",
  "connected",
  "disconnected",
  "message",
  "groupJoined",
  "groupLeft",
  "user.*",
].map((name) => `${CHANNEL}.${name}`);

const USER = `${CHANNEL}.user.`;
const HUB = /^[A-Za-z][\w`,.[\]]{0,127}$/;
const USER_EVENT = /^[A-Za-z][\w.-]{0,127}$/;

/** Types with a hub, and those of user events. */
export const OPEN_TYPES: OpenTypes = {
  channel: CHANNEL,
  has(type) {
    const [name = "", hub, ...more] = type.split("@");
    if (more.length > 0 || (hub !== undefined && !HUB.test(hub))) return false;
    if (!name.startsWith(USER)) {
      return hub !== undefined && EVENT_TYPES.includes(name);
    }
    const event = name.slice(USER.length);
    if (event === "*") return true;
    return USER_EVENT.test(event) && event.toLowerCase() !== "message";
  },
  meant(type) {
    const [name = "", ...rest] = type.split("@");
    return name.toLowerCase() === `${USER}message`.toLowerCase()
      ? [`${CHANNEL}.message`, ...rest].join("@")
      : undefined;
  },
};

/** The type of an event, without its hub. */
export function typeOf(
  kind: RequestKind,
  { eventType }: RequestContext,
): string {
  if (kind !== "userEvent") return `${CHANNEL}.${kind}`;
  const name = eventType.slice(USER_EVENT_PREFIX.length);
  return name.toLowerCase() === "message"
    ? `${CHANNEL}.message`
    : `${USER}${name}`;
}

/** Finds who takes an event. */
export type RouteOf = (type: string, hub: string) => string | undefined;

/**
 * Makes what finds the type that takes an event, of those that have handlers: the one
 * that says most of it. Names compare in any case, as Web PubSub compares them.
 */
export function createRouteOf(types: readonly string[]): RouteOf {
  const byName = new Map(types.map((type) => [type.toLowerCase(), type]));
  return (type, hub) => {
    const name = type.toLowerCase();
    const found = byName.get(`${name}@${hub}`) ?? byName.get(name);
    if (found !== undefined || !type.startsWith(USER)) return found;
    const all = `${USER}*`.toLowerCase();
    return byName.get(`${all}@${hub}`) ?? byName.get(all);
  };
}
