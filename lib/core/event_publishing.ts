/**
 * Publishing events to the event stream, for handlers.
 *
 * @module
 */

/**
 * Attributes of a published event. The first five default to those of the
 * current event.
 */
export interface PublishEventOptions {
  /** The user that it is about. @default {the event's subject} */
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
   * Its id. By default it is derived from the current event and the published
   * content, so that a handler that runs again publishes the same event and
   * consumers can deduplicate it.
   */
  readonly id?: string;
  /** Events with the same key stay in order. @default {the id} */
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
  /** Fields besides the payload. */
  readonly additionalFields?: Readonly<Record<string, unknown>>;
  /** Aborts publishing earlier than the event's own signal. */
  readonly signal?: AbortSignal;
}

/** An event to publish. */
export interface EventToPublish {
  /** What happened: `orderPaid`. */
  readonly name: string;
  /** The event's payload. @default {{}} */
  readonly payload?: Readonly<Record<string, unknown>>;
}

/**
 * AGS's event stream, bound to one event: publishing is aborted with the event.
 */
export interface EventPublishing {
  /**
   * Publishes an event. Resolves when all in-sync replicas have it; each
   * consumer group then receives it at least once.
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
   * @param event The event.
   * @param options Its attributes.
   * @throws {TerminalError} It is invalid or too large, or there is no event
   * stream (`KAFKA_BROKERS`).
   * @throws {RetryableError} It was not confirmed; it may still have arrived.
   */
  publish(
    topic: string,
    event: EventToPublish,
    options?: PublishEventOptions,
  ): Promise<void>;
}
