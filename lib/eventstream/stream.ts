/**
 * The interface of event streams, whatever their destination.
 *
 * @module
 */

import type { Logger } from "../core/context.ts";
import type { LineWriter } from "../core/line_writer.ts";
import type { Result } from "../core/outcome.ts";
import type { AuditLog, AuditLogSettings } from "./audit_log.ts";
import type { SaslOptions, TlsOptions } from "./connection.ts";
import type { DeadLetter } from "./dead_letter.ts";
import type { DeliveryContext, RetryOptions } from "./delivery.ts";
import type { StreamEvent } from "./event.ts";
import type { StreamObserver } from "./observer.ts";
import type { PublishedEvent } from "./outgoing_event.ts";
import type { Broker, KafkaPort } from "./port.ts";
import type { SendOptions } from "./publisher.ts";
import type { OutgoingRecord, StreamRecord } from "./record.ts";
import type { Subscription } from "./subscription.ts";

/**
 * Handles an event. If it resolves, the event is done; if it throws, it is
 * retried or becomes a dead letter.
 */
export type EventCallback = (
  event: StreamEvent,
  context: DeliveryContext,
) => void | Promise<void>;

/**
 * Handles a raw record. If it resolves, the record is done; if it throws, it is
 * retried or becomes a dead letter.
 *
 * @returns `"skipped"`: it was meant for somebody else. A result: an app
 * handled it, logged failures and wrote dead letters. A `failed`, `overloaded`
 * or `cancelled` record is delivered again; after any other result it is
 * committed.
 */
export type RecordCallback = (
  record: StreamRecord,
  context: DeliveryContext,
) => void | "skipped" | Result | Promise<void | "skipped" | Result>;

/** Options of a subscription. */
export interface SubscribeOptions {
  /**
   * The topic, or topics, without prefix. The subscription waits for topics
   * that do not exist.
   */
  readonly topic: string | readonly string[];
  /**
   * Only events with this name; others count as done. Subscriptions to
   * different names need different groups, or each skips the events that the
   * other expects.
   *
   * @default {all events}
   */
  readonly eventName?: string;
  /**
   * The group, without prefix. Members of one group share the work.
   *
   * @default {a temporary group, which reads the topic from the beginning each
   * time}
   */
  readonly groupId?: string;
  /** Makes the member static, with this name, without prefix. */
  readonly groupInstanceId?: string;
  /**
   * Who forms the group: its members or the broker (KIP-848, Kafka 4).
   *
   * @default {"classic"}
   */
  readonly groupProtocol?: "classic" | "consumer";
  /** Where a group without commits begins. @default {"earliest"} */
  readonly offset?: "earliest" | "latest";
  /**
   * Whether a record is committed before or after the callback. With
   * at-most-once, a record that fails is lost.
   *
   * @default {"at-least-once"}
   */
  readonly delivery?: "at-least-once" | "at-most-once";
  /** When to retry. @default {10 calls, 500 ms doubling up to 30 s} */
  readonly retry?: Partial<RetryOptions>;
  /**
   * Writes a dead letter; the record counts as done when this resolves.
   *
   * @default {writes it to the topic's dead letters, `<topic>.dlq`}
   */
  readonly deadLetter?: (letter: DeadLetter) => Promise<void>;
  /**
   * How long a commit may wait to be combined with others, in milliseconds.
   * @default {100}
   */
  readonly commitInterval?: number;
  /**
   * How long the running event may take when the subscription ends, in
   * milliseconds; then its signal aborts.
   *
   * @default {10000}
   */
  readonly grace?: number;
  /** How long a member may be silent, in milliseconds. @default {15000} */
  readonly sessionTimeout?: number;
  /** The heartbeat interval, in milliseconds. @default {3000} */
  readonly heartbeatInterval?: number;
  /** Ends the subscription. */
  readonly signal?: AbortSignal;
}

/** The event stream. Disposing it sends queued events, within a time limit. */
export interface EventStream extends AsyncDisposable {
  /**
   * Queues an event; delivery failures are logged and observed.
   *
   * @throws {EventStreamError} It is invalid or too large, or the queue is
   * full.
   */
  publish(event: PublishedEvent): void;
  /**
   * Publishes an event and waits until it is confirmed.
   *
   * @throws {EventStreamError} It is invalid, too large, or not confirmed.
   */
  publishSync(event: PublishedEvent, options?: SendOptions): Promise<void>;
  /**
   * Queues an audit log, unless audit logs are off.
   *
   * @throws {EventStreamError} It is invalid, or the queue is full.
   */
  publishAuditLog(log: AuditLog): void;
  /**
   * Subscribes a callback to raw records.
   *
   * @throws {EventStreamError} The options are invalid.
   */
  subscribe(
    options: SubscribeOptions & { readonly raw: true },
    callback: RecordCallback,
  ): Subscription;
  /**
   * Subscribes a callback to events.
   *
   * @throws {EventStreamError} The options are invalid.
   */
  subscribe(
    options: SubscribeOptions & { readonly raw?: false },
    callback: EventCallback,
  ): Subscription;
  /**
   * Publishes a raw record, and waits until it is confirmed.
   *
   * @param topic Its topic, without prefix.
   * @throws {EventStreamError} The topic is invalid, or the record is not
   * confirmed.
   */
  sendRecord(
    topic: string,
    record: OutgoingRecord,
    options?: SendOptions,
  ): Promise<void>;
  /**
   * Writes a dead letter and waits until it is confirmed.
   *
   * @throws {EventStreamError} It is not confirmed.
   */
  writeDeadLetter(letter: DeadLetter): Promise<void>;
  /**
   * The brokers of the cluster, or those with a topic's partitions.
   *
   * @param topic The topic, without prefix.
   * @throws {EventStreamError} The cluster cannot be reached.
   */
  metadata(
    topic?: string,
    options?: { readonly signal?: AbortSignal },
  ): Promise<readonly Broker[]>;
}

/** Options of `createEventStream`. */
export interface EventStreamOptions {
  /** Where events go: to Kafka, to standard output, or nowhere. */
  readonly stream: "kafka" | "stdout" | "none";
  /** The prefix of topics and groups, before a dot. @default {none} */
  readonly prefix?: string;
  /** Bootstrap brokers: `host:port`. */
  readonly brokers?: readonly string[];
  /**
   * This client's name in the brokers' logs. @default {"extend-event-handler"}
   */
  readonly clientId?: string;
  /** TLS. @default {no TLS} */
  readonly tls?: TlsOptions;
  /** Authentication. @default {anonymous} */
  readonly sasl?: SaslOptions;
  /** Whether ids in events have to be v4 UUIDs without hyphens. @default {false} */
  readonly strict?: boolean;
  /** Time limit for connecting, in milliseconds. @default {5000} */
  readonly connectTimeout?: number;
  /**
   * Time limit for a message to be confirmed, in milliseconds. @default {60000}
   */
  readonly publishTimeout?: number;
  /**
   * The most bytes of a message, 2048 of them for overhead. @default {1048576}
   */
  readonly maxMessageBytes?: number;
  /** The most queued messages. @default {100000} */
  readonly maxQueued?: number;
  /** The most queued bytes. @default {67108864} */
  readonly maxQueuedBytes?: number;
  /**
   * How long disposing waits for the queue, in milliseconds. @default {10000}
   */
  readonly flushTimeout?: number;
  /**
   * Whether and where audit logs are sent.
   *
   * @default {from `APP_EVENT_STREAM_AUDIT_LOG_ENABLED` and `…_TOPIC`; enabled,
   * on `auditLog`}
   */
  readonly auditLog?: AuditLogSettings;
  /** The observer. */
  readonly observer?: StreamObserver;
  /** Logs failures. @default {none} */
  readonly log?: Logger;
  /** The output of the stream `stdout`. @default {standard output} */
  readonly output?: Pick<LineWriter, "write" | "confirm">;
  /**
   * The current time, in nanoseconds since the epoch. @default {the system's}
   */
  readonly now?: () => bigint;
  /** Access to the cluster. @default {@platformatic/kafka} */
  readonly port?: () => Promise<KafkaPort>;
}
