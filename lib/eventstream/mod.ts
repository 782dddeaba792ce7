/**
 * The event stream: sends events between AccelByte services over Kafka,
 * compatible with AccelByte's Go SDK.
 *
 * Handlers publish with `ctx.eventStream`, and receive events with
 * `SOURCES=kafka`. Use this module for more: your own subscriptions and raw
 * records, audit logs, topic metadata.
 *
 * @module
 */

import { auditLogSettings } from "./audit_log.ts";
import { StreamOptionsError } from "./errors.ts";
import { createKafkaStream } from "./kafka_stream.ts";
import { createNoStream } from "./none_stream.ts";
import { createStdoutStream } from "./stdout_stream.ts";
import type { EventStream, EventStreamOptions } from "./stream.ts";

export type { Secret } from "../config/secret.ts";
export type { LogFields, Logger } from "../core/context.ts";
export type * from "../core/line_writer.ts";
export type { Outcome, Reason, Result } from "../core/outcome.ts";
export {
  type AuditLog,
  type AuditLogSettings,
  auditLogSettings,
} from "./audit_log.ts";
export type {
  ConnectionOptions,
  SaslOptions,
  TlsOptions,
} from "./connection.ts";
export type { DeadLetter } from "./dead_letter.ts";
export type { DeliveryContext, RetryOptions } from "./delivery.ts";
export * from "./errors.ts";
export type { EventFields, StreamEvent } from "./event.ts";
export type * from "./observer.ts";
export type { PublishedEvent } from "./outgoing_event.ts";
export type * from "./port.ts";
export type { SendOptions } from "./publisher.ts";
export type { OutgoingRecord, RecordHeader, StreamRecord } from "./record.ts";
export type {
  EventCallback,
  EventStream,
  EventStreamOptions,
  RecordCallback,
  SubscribeOptions,
} from "./stream.ts";
export type { Subscription } from "./subscription.ts";

/**
 * Creates an event stream. Nothing connects until it is first used.
 *
 * @throws {StreamOptionsError} An option is invalid.
 *
 * @example Publish and subscribe
 * ```ts ignore
 * await using stream = createEventStream({
 *   stream: "kafka",
 *   prefix: "stage",
 *   brokers: ["127.0.0.1:9092"],
 * });
 * stream.subscribe({ topic: "shop.orders", groupId: "billing" }, async (event) => {
 *   await bill(event.userId, event.payload);
 * });
 * stream.publish({ topic: "shop.orders", name: "orderPaid", payload: { amount: 3 } });
 * ```
 */
export function createEventStream(options: EventStreamOptions): EventStream {
  switch (options.stream) {
    case "kafka":
      return createKafkaStream({
        auditLog: auditLogSettings(readVariables()),
        ...options,
      });
    case "stdout":
      return createStdoutStream(options);
    case "none":
      return createNoStream();
    default:
      throw new StreamOptionsError(
        `Option "stream" is ${
          JSON.stringify(options.stream)
        }: expected kafka, stdout or none`,
      );
  }
}

/** Variables of the Go SDK, as far as this process may read them. */
const VARIABLES = [
  "APP_EVENT_STREAM_AUDIT_LOG_ENABLED",
  "APP_EVENT_STREAM_AUDIT_LOG_TOPIC",
];

function readVariables(): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(VARIABLES.map((name) => {
    try {
      return [name, Deno.env.get(name)];
    } catch (error) {
      if (error instanceof Deno.errors.NotCapable) return [name, undefined];
      throw error;
    }
  }));
}
