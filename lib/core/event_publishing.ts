/**
 * Publishing events on the event stream, as handlers see it.
 *
 * @module
 */

/**
 * What is said of a published event. Without a value of its own, each of the first five
 * is that of the event at hand.
 */
export interface PublishEventOptions {
  /** Whom it is about. @default {the event's subject} */
  readonly userId?: string;
  /** The namespace it happened in. @default {the event's} */
  readonly namespace?: string;
  /** The session it happened in. @default {the event's} */
  readonly sessionId?: string;
  /** The IAM client that caused it. @default {the event's} */
  readonly clientId?: string;
  /** The trace it belongs to. @default {the event's} */
  readonly traceId?: string;
  /**
   * Its id. By default it is made of the event at hand and of what is published, so that
   * a handler that runs again publishes the same event again, and consumers that know
   * ids take it once.
   */
  readonly id?: string;
  /** Events of one key keep their order. @default {the id} */
  readonly key?: string;
  /** Version of its schema. @default {1} */
  readonly version?: number;
  /** The service that publishes. */
  readonly service?: string;
  /** Users that it concerns. */
  readonly targetUserIds?: readonly string[];
  /** Another namespace that it concerns. */
  readonly targetNamespace?: string;
  /** Whether it holds personal data. */
  readonly privacy?: boolean;
  /** Fields beside the payload. */
  readonly additionalFields?: Readonly<Record<string, unknown>>;
  /** Ends the publishing earlier than the event's own signal does. */
  readonly signal?: AbortSignal;
}

/** An event to publish. */
export interface EventToPublish {
  /** What happened: `orderPaid`. */
  readonly name: string;
  /** What is to be known of it. @default {{}} */
  readonly payload?: Readonly<Record<string, unknown>>;
}

/** AGS's event stream, bound to one event: publishing ends with the event. */
export interface EventPublishing {
  /**
   * Publishes an event. Resolves when all replicas in sync have it: it then reaches each
   * group of consumers once or more.
   *
   * @example
   * ```ts
   * import type { Context } from "./context.ts";
   *
   * export async function orderPaid(ctx: Context, amount: number): Promise<void> {
   *   await ctx.eventStream.publish("shop.orders", {
   *     name: "orderPaid",
   *     payload: { amount },
   *   });
   * }
   * ```
   *
   * @param topic The topic, without prefix.
   * @param event What happened.
   * @param options What else is said of it.
   * @throws {TerminalError} It is not valid, too large, or there is no event stream
   * (`KAFKA_BROKERS`).
   * @throws {RetryableError} It is not confirmed: it may have arrived all the same.
   */
  publish(
    topic: string,
    event: EventToPublish,
    options?: PublishEventOptions,
  ): Promise<void>;
}
