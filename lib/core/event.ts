/**
 * The event every source produces and every handler takes.
 *
 * Attribute names are those of CloudEvents 1.0, so that an event reads the same
 * whether gRPC, Kafka or anything else carried it here.
 *
 * @module
 */

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

/** Every known event key with the event a handler for it receives. */
export type EventMap = {
  readonly [N in keyof EventData]: Event<EventData[N]>;
};

/** Every known event key. */
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
