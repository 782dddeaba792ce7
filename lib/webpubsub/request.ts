/**
 * An event of Web PubSub, typed.
 *
 * @module
 */

import {
  readConnect,
  readDisconnected,
  readGroup,
  readUserEvent,
} from "./bodies.ts";
import { createConnection } from "./connection.ts";
import { USER_EVENT_PREFIX } from "./context.ts";
import type { RequestContext } from "./request_context.ts";
import { InvalidEventNameError, InvalidEventTypeError } from "./errors.ts";
import { ChangingState, ReceivedState, type StateValue } from "./state.ts";
import type {
  ConnectData,
  ConnectedData,
  DisconnectedData,
  GroupData,
  UserEventData,
} from "./types.ts";

/** An event, as `fromHttp` reads it. */
export interface EventRequest<K extends string, D> {
  /** What kind of event it is. */
  readonly kind: K;
  /** Whether the service waits for the answer. */
  readonly isBlocking: boolean;
  /** What its headers say. */
  readonly context: RequestContext;
  /** The connection. */
  readonly connectionId: string;
  /** The hub, in lower case. */
  readonly hub: string;
  /** The state, as it came. */
  readonly connectionState: Readonly<Record<string, StateValue>>;
  /** The host of the Web PubSub service. */
  readonly webhookRequestOrigin: string;
  /** `ce-id`: unique within the connection, and the same each time it is delivered. */
  readonly id: string | undefined;
  /** What it carries. */
  readonly data: D;
}

/** A client wants to connect. */
export type ConnectRequest = EventRequest<"connect", ConnectData>;
/** A client is connected. */
export type ConnectedRequest = EventRequest<"connected", ConnectedData>;
/** A client is gone. */
export type DisconnectedRequest = EventRequest<
  "disconnected",
  DisconnectedData
>;
/** A connection has joined or left a group. */
export type GroupRequest =
  | EventRequest<"groupJoined", GroupData>
  | EventRequest<"groupLeft", GroupData>;
/** A client has sent something. */
export type UserEventRequest = EventRequest<"userEvent", UserEventData>;

/** Any event of Web PubSub. */
export type ServiceRequest =
  | ConnectRequest
  | ConnectedRequest
  | DisconnectedRequest
  | GroupRequest
  | UserEventRequest;

/** What kind of event a request is. */
export type RequestKind = ServiceRequest["kind"];

const KINDS: ReadonlyMap<string, RequestKind> = new Map([
  ["azure.webpubsub.sys.connect", "connect"],
  ["azure.webpubsub.sys.connected", "connected"],
  ["azure.webpubsub.sys.disconnected", "disconnected"],
  ["azure.webpubsub.gp.joined", "groupJoined"],
  ["azure.webpubsub.gp.left", "groupLeft"],
]);

/**
 * What kind of event a request is. `ce-type` alone decides: `ce-eventName` is known to
 * disagree with it.
 *
 * @throws {InvalidEventTypeError | InvalidEventNameError}
 */
export function kindOf(context: RequestContext): RequestKind {
  const { eventType, eventName } = context;
  const kind = eventType.startsWith(USER_EVENT_PREFIX)
    ? "userEvent"
    : KINDS.get(eventType);
  if (kind === undefined) {
    throw new InvalidEventTypeError(eventType, { context });
  }
  if (eventName === "" || eventType === USER_EVENT_PREFIX) {
    throw new InvalidEventNameError(eventName, { context });
  }
  return kind;
}

/** Whether the service waits for the answer to such an event. */
export function isBlockingKind(
  kind: RequestKind,
): kind is "connect" | "userEvent" {
  return kind === "connect" || kind === "userEvent";
}

/**
 * Reads an event.
 *
 * @throws {InvalidConnectRequestError | InvalidUserEventError}
 */
export function readRequest(
  kind: RequestKind,
  context: RequestContext,
  body: Uint8Array,
): ServiceRequest {
  const raw = context.headers.get("ce-connectionstate") ?? undefined;
  const base = {
    context,
    connectionId: context.connectionId,
    hub: context.hub,
    webhookRequestOrigin: context.origin,
    id: context.headers.get("ce-id") || undefined,
    get connectionState() {
      const received: Record<string, StateValue> = Object.create(null);
      for (const [name, value] of new ReceivedState(raw).entries()) {
        received[name] = value;
      }
      return received;
    },
  };
  const connection = createConnection(context);
  const blocking = { connection, state: new ChangingState(raw) };
  const told = { connection, state: new ReceivedState(raw) };
  // Each case makes the whole: a getter does not survive being spread.
  const make = <K extends RequestKind, D>(kind: K, data: D) =>
    Object.assign(base, { kind, isBlocking: isBlockingKind(kind), data });
  switch (kind) {
    case "connect":
      return make(kind, { ...blocking, ...readConnect(body, context) });
    case "userEvent":
      return make(kind, { ...blocking, ...readUserEvent(body, context) });
    case "connected":
      return make(kind, told);
    case "disconnected":
      return make(kind, { ...told, ...readDisconnected(body, context) });
    case "groupJoined":
      return make(kind, { ...told, ...readGroup(body, context) });
    case "groupLeft":
      return make(kind, { ...told, ...readGroup(body, context) });
  }
}
