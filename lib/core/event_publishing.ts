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

/**
 * Publishes an event. Resolves when all replicas in sync have it: it then reaches each
 * group of consumers once or more.
 *
 * @param topic The topic, without prefix.
 * @param name What happened: `orderPaid`.
 * @param payload What is to be known of it.
 * @param options What else is said of it.
 * @throws {TerminalError} It is not valid, too large, or there is no event stream
 * (`KAFKA_BROKERS`).
 * @throws {RetryableError} It is not confirmed: it may have arrived all the same.
 */
export type PublishEvent = (
  topic: string,
  name: string,
  payload?: Readonly<Record<string, unknown>>,
  options?: PublishEventOptions,
) => Promise<void>;
