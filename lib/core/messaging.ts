/**
 * Publishing messages on topics, as handlers see it.
 *
 * @module
 */

import { EventError } from "./errors.ts";

/** Options of {@linkcode Messaging.publish}. */
export interface PublishOptions {
  /**
   * Text beside the body, by name. Without a `MessageId` of its own the message gets a
   * random one: consumers made of this project take it for the event's id, and so know
   * a message again that arrives twice. Name it after what happened (`order-17-paid`)
   * for a handler that may publish the same again.
   */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Ends the publishing earlier than the event's own signal does. */
  readonly signal?: AbortSignal;
}

/** AGS's async messaging, bound to one event: publishing ends with the event. */
export interface Messaging {
  /**
   * Publishes a message on a topic. Resolves when AGS has taken it over: it then
   * arrives at each subscribed app once or more, in any order.
   *
   * @param topic The topic, as created in the Admin Portal.
   * @param body Text is sent as it is, anything else as JSON.
   * @param options Metadata and signal.
   * @throws {PublishError} AGS did not take the message.
   * @throws {TerminalError} The topic is empty, or the body is no JSON.
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
  /** Whether publishing again can work. */
  readonly retryable: boolean;
  /** How long the sidecar asks to wait, in milliseconds. */
  readonly retryAfter?: number;
}

/**
 * A message was not published, as far as is known: where the answer was lost, it may
 * have been.
 *
 * Thrown out of a handler it decides the event's outcome: `failed` (delivered again)
 * when `retryable`, `rejected` otherwise.
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
