/**
 * What an event stream can do, whatever it goes to.
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

/** Handles an event. Resolving means done; throwing means again, or dead letters. */
export type EventCallback = (
  event: StreamEvent,
  context: DeliveryContext,
) => void | Promise<void>;

/**
 * Handles a record as it is. Resolving means done, throwing means again, or dead letters.
 *
 * @returns `"skipped"`: it was for somebody else. A result: it has gone through an app,
 * which logs what fails and keeps the dead letters. What is `failed`, `overloaded` or
 * `cancelled` is delivered again; after anything else the record is committed.
 */
export type RecordCallback = (
  record: StreamRecord,
  context: DeliveryContext,
) => void | "skipped" | Result | Promise<void | "skipped" | Result>;

/** What to subscribe to. */
export interface SubscribeOptions {
  /** The topic, or topics, without prefix. Those that do not exist are waited for. */
  readonly topic: string | readonly string[];
  /**
   * Only events of this name; others count as done. Subscriptions to different names
   * need different groups, or each passes over what the other waits for.
   *
   * @default {every event}
   */
  readonly eventName?: string;
  /**
   * Members of one group share the work, without prefix.
   *
   * @default {a group of its own, which reads the topic anew each time}
   */
  readonly groupId?: string;
  /** Makes the member a static one, known by this name, without prefix. */
  readonly groupInstanceId?: string;
  /**
   * How the group is formed: by its members, or by the broker (KIP-848, Kafka 4).
   *
   * @default {"classic"}
   */
  readonly groupProtocol?: "classic" | "consumer";
  /** Where a group begins that has committed nothing. @default {"earliest"} */
  readonly offset?: "earliest" | "latest";
  /**
   * Whether a record is committed before or after the callback. At most once: what
   * fails is lost.
   *
   * @default {"at-least-once"}
   */
  readonly delivery?: "at-least-once" | "at-most-once";
  /** When to try again. @default {10 calls, 500 ms doubling up to 30 s} */
  readonly retry?: Partial<RetryOptions>;
  /**
   * Keeps a record that cannot be handled; it counts as done when this resolves.
   *
   * @default {writes it to the topic's dead letters, `<topic>.dlq`}
   */
  readonly deadLetter?: (letter: DeadLetter) => Promise<void>;
  /** How long a commit may wait for more, in milliseconds. @default {100} */
  readonly commitInterval?: number;
  /**
   * How long the event at hand may take when the subscription ends, in milliseconds;
   * then its signal ends, too.
   *
   * @default {10000}
   */
  readonly grace?: number;
  /** How long a member may be silent, in milliseconds. @default {15000} */
  readonly sessionTimeout?: number;
  /** How often a member speaks up, in milliseconds. @default {3000} */
  readonly heartbeatInterval?: number;
  /** Ends the subscription. */
  readonly signal?: AbortSignal;
}

/** The event stream. Disposing sends what is queued, within a bound. */
export interface EventStream extends AsyncDisposable {
  /**
   * Queues an event; failures to deliver it are logged and observed.
   *
   * @throws {EventStreamError} It is not valid, too large, or the queue is full.
   */
  publish(event: PublishedEvent): void;
  /**
   * Publishes an event and waits until it is confirmed.
   *
   * @throws {EventStreamError} It is not valid, too large, or not confirmed.
   */
  publishSync(event: PublishedEvent, options?: SendOptions): Promise<void>;
  /**
   * Queues an audit log, unless they are turned off.
   *
   * @throws {EventStreamError} It is not valid, or the queue is full.
   */
  publishAuditLog(log: AuditLog): void;
  /**
   * Subscribes a callback that gets records as they are.
   *
   * @throws {EventStreamError} The options are not valid.
   */
  subscribe(
    options: SubscribeOptions & { readonly raw: true },
    callback: RecordCallback,
  ): Subscription;
  /**
   * Subscribes a callback that gets events.
   *
   * @throws {EventStreamError} The options are not valid.
   */
  subscribe(
    options: SubscribeOptions & { readonly raw?: false },
    callback: EventCallback,
  ): Subscription;
  /**
   * Publishes a record as it is, and waits until it is confirmed.
   *
   * @param topic Its topic, without prefix.
   * @throws {EventStreamError} The topic is not valid, or it is not confirmed.
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
   * The brokers of the cluster, or those that have a topic's partitions.
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
  /** Comes before topics and groups, with a dot. @default {none} */
  readonly prefix?: string;
  /** Brokers to begin with: `host:port`. */
  readonly brokers?: readonly string[];
  /** What brokers' logs call this client. @default {"extend-event-handler"} */
  readonly clientId?: string;
  /** Encrypts connections. @default {not encrypted} */
  readonly tls?: TlsOptions;
  /** Authenticates. @default {anonymous} */
  readonly sasl?: SaslOptions;
  /** Whether ids in events have to be v4 UUIDs without hyphens. @default {false} */
  readonly strict?: boolean;
  /** How long connecting may take, in milliseconds. @default {5000} */
  readonly connectTimeout?: number;
  /** How long a message may take until confirmed, in milliseconds. @default {60000} */
  readonly publishTimeout?: number;
  /** Bytes a message may have, 2048 of them for overhead. @default {1048576} */
  readonly maxMessageBytes?: number;
  /** Messages that may be queued. @default {100000} */
  readonly maxQueued?: number;
  /** Bytes that may be queued. @default {67108864} */
  readonly maxQueuedBytes?: number;
  /** How long disposing waits for the queue, in milliseconds. @default {10000} */
  readonly flushTimeout?: number;
  /**
   * Whether and where audit logs go.
   *
   * @default {as `APP_EVENT_STREAM_AUDIT_LOG_ENABLED` and `…_TOPIC` say; enabled, on
   * `auditLog`}
   */
  readonly auditLog?: AuditLogSettings;
  /** Observes the work. */
  readonly observer?: StreamObserver;
  /** Where failures go. @default {nowhere} */
  readonly log?: Logger;
  /** What the stream `stdout` writes lines to. @default {standard output} */
  readonly output?: Pick<LineWriter, "write" | "confirm">;
  /** The time, in nanoseconds since the epoch. @default {the system's} */
  readonly now?: () => bigint;
  /** The way to the cluster. @default {by @platformatic/kafka} */
  readonly port?: () => Promise<KafkaPort>;
}
