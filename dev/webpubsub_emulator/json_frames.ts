/**
 * Frames of `json.webpubsub.azure.v1` that come from clients.
 *
 * @module
 */

import { isGroup } from "./hubs.ts";
import { fromFrameData, type Payload } from "./message.ts";

/** Joins or leaves a group. */
export interface GroupFrame {
  readonly type: "joinGroup" | "leaveGroup";
  readonly group: string;
  readonly ackId: number | undefined;
}

/** Sends to a group. */
export interface SendToGroupFrame {
  readonly type: "sendToGroup";
  readonly group: string;
  readonly ackId: number | undefined;
  readonly noEcho: boolean;
  readonly ttlSeconds: number;
  readonly payload: Payload;
}

/** Sends an event to the upstream. */
export interface EventFrame {
  readonly type: "event";
  readonly name: string;
  readonly ackId: number | undefined;
  readonly payload: Payload;
}

/** Sends an event to the upstream, and waits for what it says. */
export interface InvokeFrame {
  readonly type: "invoke";
  readonly invocationId: string;
  readonly name: string;
  readonly payload: Payload;
}

/** Any frame of a client. */
export type ClientFrame =
  | GroupFrame
  | SendToGroupFrame
  | EventFrame
  | InvokeFrame
  | { readonly type: "ping" }
  | { readonly type: "sequenceAck"; readonly sequenceId: number }
  | { readonly type: "cancelInvocation"; readonly invocationId: string };

/** Longest time for which a message is kept, in seconds. */
const MAX_TTL = 300;

type Members = Readonly<Record<string, unknown>>;

/**
 * Reads a frame.
 *
 * @throws {SyntaxError | TypeError} It is none.
 */
export function readFrame(text: string): ClientFrame {
  const frame: unknown = JSON.parse(text);
  if (typeof frame !== "object" || frame === null) throw unknown("frame");
  const members = frame as Members;
  const { type } = members;
  switch (type) {
    case "ping":
      return { type };
    case "sequenceAck":
      return { type, sequenceId: wholeNumber(members, "sequenceId") };
    case "cancelInvocation":
      return { type, invocationId: someText(members, "invocationId") };
    case "joinGroup":
    case "leaveGroup":
      return { type, group: groupOf(members), ackId: ackIdOf(members) };
    case "sendToGroup":
      return {
        type,
        group: groupOf(members),
        ackId: ackIdOf(members),
        noEcho: members["noEcho"] === true,
        ttlSeconds: ttlOf(members),
        payload: payloadOf(members),
      };
    case "event":
      return {
        type,
        name: eventNameOf(members),
        ackId: ackIdOf(members),
        payload: payloadOf(members),
      };
    case "invoke":
      if (members["target"] !== "event") throw unknown("target");
      return {
        type,
        invocationId: someText(members, "invocationId"),
        name: eventNameOf(members),
        payload: payloadOf(members),
      };
    default:
      throw unknown("type");
  }
}

function payloadOf({ dataType, data }: Members): Payload {
  // Nothing at all is JSON's nothing.
  return fromFrameData(dataType ?? "json", data);
}

function groupOf({ group }: Members): string {
  if (!isGroup(group)) throw unknown("group");
  return group;
}

function eventNameOf({ event }: Members): string {
  if (typeof event === "string" && /^[a-z][a-z0-9_.-]{0,127}$/i.test(event)) {
    return event;
  }
  throw unknown("event");
}

function ackIdOf(members: Members): number | undefined {
  const { ackId = null } = members;
  return ackId === null ? undefined : wholeNumber(members, "ackId");
}

function ttlOf(members: Members): number {
  if ((members["ttlSeconds"] ?? null) === null) return 0;
  const seconds = wholeNumber(members, "ttlSeconds");
  if (seconds > MAX_TTL) throw unknown("ttlSeconds");
  return seconds;
}

function wholeNumber(members: Members, name: string): number {
  const value = members[name];
  if (typeof value === "number" && Number.isInteger(value) && value >= 0) {
    return value;
  }
  throw unknown(name);
}

function someText(members: Members, name: string): string {
  const value = members[name];
  if (typeof value === "string" && value !== "") return value;
  throw unknown(name);
}

function unknown(what: string): TypeError {
  return new TypeError(`Frame has no ${what} that is known`);
}
