/**
 * Typed Web PubSub events.
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

/** An event, as parsed by `fromHttp`. */
export interface EventRequest<K extends string, D> {
  /** The kind of event. */
  readonly kind: K;
  /** Whether the service waits for the answer. */
  readonly isBlocking: boolean;
  /** The parsed headers. */
  readonly context: RequestContext;
  /** The connection. */
  readonly connectionId: string;
  /** The hub, in lower case. */
  readonly hub: string;
  /** The state as received. */
  readonly connectionState: Readonly<Record<string, StateValue>>;
  /** The host of the Web PubSub service. */
  readonly webhookRequestOrigin: string;
  /**
   * `ce-id`: unique within the connection, and the same for each delivery of
   * the event.
   */
  readonly id: string | undefined;
  /** The event's data. */
  readonly data: D;
}

/** A client wants to connect. */
export type ConnectRequest = EventRequest<"connect", ConnectData>;
/** A client is connected. */
export type ConnectedRequest = EventRequest<"connected", ConnectedData>;
/** A client has disconnected. */
export type DisconnectedRequest = EventRequest<
  "disconnected",
  DisconnectedData
>;
/** A connection has joined or left a group. */
export type GroupRequest =
  | EventRequest<"groupJoined", GroupData>
  | EventRequest<"groupLeft", GroupData>;
/** A client has sent a message. */
export type UserEventRequest = EventRequest<"userEvent", UserEventData>;

/** Any event of Web PubSub. */
export type ServiceRequest =
  | ConnectRequest
  | ConnectedRequest
  | DisconnectedRequest
  | GroupRequest
  | UserEventRequest;

/** The kind of event in a request. */
export type RequestKind = ServiceRequest["kind"];

const KINDS: ReadonlyMap<string, RequestKind> = new Map([
  ["azure.webpubsub.sys.connect", "connect"],
  ["azure.webpubsub.sys.connected", "connected"],
  ["azure.webpubsub.sys.disconnected", "disconnected"],
  ["azure.webpubsub.gp.joined", "groupJoined"],
  ["azure.webpubsub.gp.left", "groupLeft"],
]);

/**
 * Determines the kind of event. Only `ce-type` counts: `ce-eventName` sometimes
 * disagrees with it.
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
 * Parses an event.
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
  // Each case builds the whole object, because spreading would lose the getter.
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
