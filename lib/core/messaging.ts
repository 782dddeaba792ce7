/**
 * Publishing messages to topics, for handlers.
 *
 * @module
 */

import { EventError } from "./errors.ts";

/** Options of {@linkcode Messaging.publish}. */
export interface PublishOptions {
  /**
   * Text values besides the body, by name. Without a `MessageId`, the message
   * gets a random one. Consumers built with this project use it as the event's
   * id, and so recognise a duplicate. Derive it from what happened
   * (`order-17-paid`) if the handler may publish the same message again.
   */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Aborts publishing earlier than the event's own signal. */
  readonly signal?: AbortSignal;
}

/**
 * AGS's async messaging, bound to one event: publishing is aborted with the
 * event.
 */
export interface Messaging {
  /**
   * Publishes a message to a topic. Resolves when AGS has accepted it; each
   * subscribed app then receives it at least once, in any order.
   *
   * @param topic The topic, as created in the Admin Portal.
   * @param body Text is sent unchanged, anything else as JSON.
   * @param options Metadata and signal.
   * @throws {PublishError} AGS did not accept the message.
   * @throws {TerminalError} The topic is empty, or the body cannot be written
   * as JSON.
   */
  publish(
    topic: string,
    body: string | object,
    options?: PublishOptions,
  ): Promise<void>;
}

/** Options of {@linkcode PublishError}. */
export interface PublishErrorOptions extends ErrorOptions {
  /** The topic. */
  readonly topic: string;
  /** Name of the gRPC status: `UNAVAILABLE`. */
  readonly code: string;
  /** Whether publishing again can succeed. */
  readonly retryable: boolean;
  /** How long the sidecar asks to wait, in milliseconds. */
  readonly retryAfter?: number;
}

/**
 * A message was not published, as far as known: if the answer was lost, it may
 * have been.
 *
 * If a handler does not catch it, it decides the event's outcome: `failed`
 * (delivered again) if `retryable`, otherwise `rejected`.
 */
export class PublishError extends EventError {
  /** What logs call it. */
  override name = "PublishError";
  /** The topic. */
  readonly topic: string;
  /** Name of the gRPC status: `UNAVAILABLE`. */
  readonly code: string;

  /** Creates the error. */
  constructor(message: string, options: PublishErrorOptions) {
    const { topic, code, ...rest } = options;
    super(message, { ...rest, fault: "state" });
    this.topic = topic;
    this.code = code;
  }
}
