/**
 * Creates the context of handlers.
 *
 * @module
 */

import type { Config } from "./core/config.ts";
import type { Ags, Context, Logger, WebPubSubHubs } from "./core/context.ts";
import type { Delivery } from "./core/dispatcher.ts";
import type { EventPublishing } from "./core/event_publishing.ts";
import type { Event } from "./core/event.ts";
import type { Lease } from "./core/lease.ts";
import type { Messaging } from "./core/messaging.ts";

/** The limits of an event's requests. */
interface Bounds {
  readonly signal: AbortSignal;
  readonly deadline?: number | undefined;
  readonly lease?: Lease | undefined;
  readonly ending?: DisposableStack | undefined;
}

/** Options of {@linkcode contextMaker}. */
export interface ContextMakerOptions {
  /** The settings. */
  readonly config: Config;
  /** Where handlers log. */
  readonly log: Logger;
  /** AGS. */
  readonly ags: { bind(bounds: Bounds): Ags };
  /** AGS's async messaging. */
  readonly messaging: { bind(bounds: Bounds): Messaging };
  /** The event stream. */
  readonly publishing: (delivery: Delivery) => EventPublishing;
  /** Azure Web PubSub. */
  readonly webPubSub: (event: Event, bounds: Bounds) => WebPubSubHubs;
}

/**
 * Creates the context of each delivery. Parts that few handlers use are created
 * on first use.
 */
export function contextMaker(
  options: ContextMakerOptions,
): (delivery: Delivery, ending: DisposableStack) => Context {
  const { config, log, ags, messaging, publishing, webPubSub } = options;
  return (delivery, ending) => {
    const { event, controller: { signal }, attempt, deadline, traceId } =
      delivery;
    const bounds: Bounds = {
      signal,
      deadline,
      lease: delivery.lease,
      ending,
    };
    let ownLog: Logger | undefined;
    let ownMessaging: Messaging | undefined;
    let eventStream: EventPublishing | undefined;
    let hubs: WebPubSubHubs | undefined;
    return {
      signal,
      attempt,
      config,
      ags: ags.bind(bounds),
      get messaging() {
        return ownMessaging ??= messaging.bind(bounds);
      },
      get eventStream() {
        return eventStream ??= publishing(delivery);
      },
      get webPubSub() {
        return hubs ??= webPubSub(event, bounds);
      },
      get log() {
        return ownLog ??= log.with({
          eventType: event.type,
          eventId: event.id,
          ...(traceId !== undefined && { traceID: traceId }),
        });
      },
      ...(deadline !== undefined && { deadline }),
    };
  };
}
