/**
 * The event that every source produces and every handler takes.
 *
 * Attribute names are those of CloudEvents 1.0, so that an event looks the same
 * whether it arrives by gRPC, Kafka or anything else.
 *
 * @module
 */

import type { ReceivedMessage } from "../../proto/accelbyte-asyncapi/extend/async_messaging/consumer_service.ts";
import type { ScheduledTaskRequest } from "../../proto/accelbyte-asyncapi/extend/task_scheduler/v1/task_scheduler.ts";
import type { EventData } from "../../proto/events.ts";
import type { ConnectAnswer, UserAnswer } from "../webpubsub/answer.ts";
import type {
  ConnectData,
  ConnectedData,
  DisconnectedData,
  GroupData,
  UserEventData,
} from "../webpubsub/types.ts";

/**
 * Something that happened, whatever source delivered it.
 *
 * @typeParam T The decoded AGS message, see `proto/events.ts`.
 */
export interface Event<T = unknown> {
  /**
   * Identifies the event: redeliveries have the same id. It is AGS's own `id`,
   * or a hash of the content for messages without one.
   */
  readonly id: string;
  /**
   * AGS's `channel.eventName` key, such as `userAuthentication.userLoggedIn`.
   */
  readonly type: string;
  /**
   * The AGS service that published it, as its proto package:
   * `accelbyte.iam.account.v1`.
   */
  readonly source: string;
  /** The AGS user id that the event is about, if the message has one. */
  readonly subject?: string;
  /** When it happened, as AGS wrote it (RFC 3339, whole seconds). */
  readonly time?: string;
  /** The AGS namespace it happened in. */
  readonly namespace?: string;
  /** The whole decoded message: envelope fields and `payload`, camelCase names. */
  readonly data: T;
}

/**
 * Events that a studio names itself, in the Admin Portal or for its own apps:
 * any name may follow the channel.
 *
 * @internal
 */
export interface OpenEventData {
  /** A message that an app published to this topic. */
  readonly [type: `asyncMessaging.${string}`]: ReceivedMessage;
  /**
   * A scheduled task of this name that is due. The handler's return value is
   * the answer.
   */
  readonly [type: `scheduledTask.${string}`]: ScheduledTaskRequest;
  /** An event that a game client sent, by its `eventType`. */
  readonly [type: `clientEvents.${string}`]: ClientEvent;
}

/**
 * What a game client says of an event. All but `eventType` is as the client wrote it: a
 * handler checks what it uses. Whole numbers beyond 2^53 are their digits, as text.
 */
export interface ClientEvent {
  /** Its name. */
  readonly eventType: string;
  /** Which version of the event's fields. */
  readonly schemaVersion?: unknown;
  /** The fields. */
  readonly data?: unknown;
  /** Whatever else. */
  readonly [name: string]: unknown;
}

/**
 * Events of Azure Web PubSub. `@` and a hub takes those of this hub only; a handler of
 * that comes before one of all hubs.
 *
 * @internal
 */
export interface WebPubSubEventData {
  /** A client wants to connect: the handler's return value lets it in. */
  readonly "webPubSub.connect": ConnectData;
  readonly [connect: `webPubSub.connect@${string}`]: ConnectData;
  /** A client is connected. */
  readonly "webPubSub.connected": ConnectedData;
  readonly [connected: `webPubSub.connected@${string}`]: ConnectedData;
  /** A client is gone. */
  readonly "webPubSub.disconnected": DisconnectedData;
  readonly [disconnected: `webPubSub.disconnected@${string}`]: DisconnectedData;
  /** A connection has joined a group. */
  readonly "webPubSub.groupJoined": GroupData;
  readonly [joined: `webPubSub.groupJoined@${string}`]: GroupData;
  /** A connection has left a group. */
  readonly "webPubSub.groupLeft": GroupData;
  readonly [left: `webPubSub.groupLeft@${string}`]: GroupData;
  /** A client has sent a frame: the handler's return value is sent back. */
  readonly "webPubSub.message": UserEventData;
  readonly [message: `webPubSub.message@${string}`]: UserEventData;
  /** A client has sent an event of this name; `user.*` takes those of all names. */
  readonly [event: `webPubSub.user.${string}`]: UserEventData;
}

/**
 * The message of every event, by type: AGS's declared events and those with
 * open names.
 *
 * @internal
 */
export interface AnyEventData
  extends EventData, OpenEventData, WebPubSubEventData {}

/** Every known event key with the event a handler for it receives. */
export type EventMap = {
  readonly [N in keyof AnyEventData]: Event<AnyEventData[N]>;
};

/** Every known event key, and any key of an open channel. */
export type EventType = keyof EventMap;

/** The channel of an event key: `userAuthentication`. */
export type ChannelOf<N extends string> = N extends `${infer C}.${string}` ? C
  : never;

/** All events of one channel: `userAuthentication.*`. */
export type ChannelPattern = `${ChannelOf<EventType>}.*`;

/** The argument of `on()`: an event key, or a pattern for a channel. */
export type EventPattern = EventType | ChannelPattern;

/** The event keys that a pattern matches: itself, or all of its channel. */
export type MatchingType<P extends EventPattern> = P extends EventType ? P
  : P extends `${infer C}.*` ? Extract<EventType, `${C}.${string}`>
  : never;

/** The event a handler registered for `P` receives: a union for patterns and arrays. */
export type EventFor<P extends EventPattern> = EventMap[MatchingType<P>];

/**
 * What the handler of a scheduled task may return: AGS's
 * `ScheduledTaskResponse`.
 */
export interface ScheduledTaskResult {
  /** Whether the run succeeded. @default {true} */
  readonly success?: boolean;
  /** A message for whoever looks at the run. @default {""} */
  readonly message?: string;
  /** The run's result as text, such as JSON. @default {""} */
  readonly resultData?: string;
  /** The HTTP status of the run. @default {200, or 500 without success} */
  readonly httpStatusCode?: number;
}

/**
 * What the function registered for `P` may return: an answer, if the event has
 * one.
 */
export type ReturnFor<P extends EventPattern> = [P] extends
  [`scheduledTask.${string}`] ? ScheduledTaskResult | void
  : [P] extends [`webPubSub.connect${"" | `@${string}`}`] ? ConnectAnswer | void
  : [P] extends [
    | `webPubSub.message${"" | `@${string}`}`
    | `webPubSub.user.${string}`,
  ] ? UserAnswer
  : void;
