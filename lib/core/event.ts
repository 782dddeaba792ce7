/**
 * The event every source produces and every handler takes.
 *
 * Attribute names are those of CloudEvents 1.0, so that an event reads the same
 * whether gRPC, Kafka or anything else carried it here.
 *
 * @module
 */

import type { ReceivedMessage } from "../../proto/accelbyte-asyncapi/extend/async_messaging/consumer_service.ts";
import type { ScheduledTaskRequest } from "../../proto/accelbyte-asyncapi/extend/task_scheduler/v1/task_scheduler.ts";
import type { EventData } from "../../proto/events.ts";

/**
 * One thing that happened, whatever carried it here.
 *
 * @typeParam T The decoded AGS message, see `proto/events.ts`.
 */
export interface Event<T = unknown> {
  /**
   * What makes this event one event: redeliveries carry the same id. AGS's own
   * `id`; for the messages that have none, a hash of the content.
   */
  readonly id: string;
  /** The vendor's `channel.eventName` key, such as `userAuthentication.userLoggedIn`. */
  readonly type: string;
  /** The AGS service that said so, as its proto package: `accelbyte.iam.account.v1`. */
  readonly source: string;
  /** Whom the event is about: the AGS user id, where the message has one. */
  readonly subject?: string;
  /** When it happened, as AGS wrote it (RFC 3339, whole seconds). */
  readonly time?: string;
  /** The AGS namespace it happened in. */
  readonly namespace?: string;
  /** The whole decoded message: envelope fields and `payload`, camelCase names. */
  readonly data: T;
}

/**
 * Events whose names a studio makes up, in the Admin Portal or for its own apps: any
 * name may follow the channel.
 *
 * @internal
 */
export interface OpenEventData {
  /** A message that an app published on this topic. */
  readonly [type: `asyncMessaging.${string}`]: ReceivedMessage;
  /** A task of this name that is due. Its handler's return value is the answer. */
  readonly [type: `scheduledTask.${string}`]: ScheduledTaskRequest;
}

/**
 * The message of every event, by type: those of AGS's files, and those of open names.
 *
 * @internal
 */
export interface AnyEventData extends EventData, OpenEventData {}

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

/** What `on()` takes: an event key, or a pattern for a channel. */
export type EventPattern = EventType | ChannelPattern;

/** The event keys that a pattern stands for: itself, or all of its channel. */
export type MatchingType<P extends EventPattern> = P extends EventType ? P
  : P extends `${infer C}.*` ? Extract<EventType, `${C}.${string}`>
  : never;

/** The event a handler registered for `P` receives: a union for patterns and arrays. */
export type EventFor<P extends EventPattern> = EventMap[MatchingType<P>];

/**
 * What the handler of a scheduled task may say of its run: AGS's
 * `ScheduledTaskResponse`.
 */
export interface ScheduledTaskResult {
  /** Whether the run did what it was for. @default {true} */
  readonly success?: boolean;
  /** What to tell whoever looks at the run. @default {""} */
  readonly message?: string;
  /** What the run made, as text; JSON for instance. @default {""} */
  readonly resultData?: string;
  /** The HTTP status that stands for it. @default {200, or 500 without success} */
  readonly httpStatusCode?: number;
}

/** What the function registered for `P` may return: an answer, where there is one. */
export type ReturnFor<P extends EventPattern> = [P] extends
  [`scheduledTask.${string}`] ? ScheduledTaskResult | void : void;
