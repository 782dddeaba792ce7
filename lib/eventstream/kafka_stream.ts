/**
 * The event stream on Kafka.
 *
 * @module
 */

import type { Logger } from "../core/context.ts";
import { digestOf } from "../core/event_id.ts";
import { HANDLED, type Result, SKIPPED } from "../core/outcome.ts";
import { auditLogSettings, outgoingAuditLog } from "./audit_log.ts";
import { nanoseconds } from "./clock.ts";
import { checkConnection, type ConnectionOptions } from "./connection.ts";
import { type DeadLetter, deadLetterParts } from "./dead_letter.ts";
import { decodeEvent } from "./decode_event.ts";
import type { RecordWork } from "./delivery.ts";
import {
  EventStreamError,
  MissingArgumentError,
  StreamClosedError,
  StreamOptionsError,
} from "./errors.ts";
import type {
  EventCallback,
  EventStream,
  EventStreamOptions,
  RecordCallback,
  SubscribeOptions,
} from "./stream.ts";
import { sendFitting } from "./letter_forms.ts";
import { loadPort } from "./load_port.ts";
import {
  checkEventName,
  checkTopic,
  newId,
  withoutPrefix,
  withPrefix,
} from "./names.ts";
import { safeObserver } from "./observer.ts";
import { outgoingEvent } from "./outgoing_event.ts";
import type { KafkaPort } from "./port.ts";
import { createPublisher } from "./publisher.ts";
import { startSubscription, type Subscription } from "./subscription.ts";
import { unlessAborted } from "../core/async.ts";

/** Bytes per batch: brokers accept a megabyte. */
const MAX_BATCH_BYTES = 524_288;
/** Log messages for dead letters that do not fit their topic. */
const OMITTED =
  "Dead letter is written without the parts that do not fit its topic";
const IN_THE_LOG =
  "Dead letter is only logged: its topic does not accept the record";
const RETRY = { maxAttempts: 10, baseDelay: 500, maxDelay: 30_000 };

/** Creates an event stream on Kafka. Nothing connects yet. */
export function createKafkaStream(options: EventStreamOptions): EventStream {
  const {
    prefix = "",
    strict = false,
    maxMessageBytes = 1_048_576,
    now = nanoseconds,
    auditLog = auditLogSettings({}),
    log = SILENT,
  } = options;
  const connection = connectionOf(options);
  const observer = safeObserver(options.observer);
  const rules = { strict, maxMessageBytes, now };
  const subscriptions = new Set<Subscription>();
  let opened: Promise<KafkaPort> | undefined;
  let isClosed = false;

  const port = () =>
    opened ??= options.port?.() ??
      loadPort().then((module) => module.createPlatformaticPort(connection));
  const publisher = createPublisher({
    producer: async () => (await port()).producer(),
    timeout: options.publishTimeout ?? 60_000,
    maxQueued: options.maxQueued ?? 100_000,
    maxQueuedBytes: options.maxQueuedBytes ?? 67_108_864,
    maxBatchBytes: Math.min(MAX_BATCH_BYTES, maxMessageBytes),
    observer,
    log,
  });

  async function writeDeadLetter(letter: DeadLetter): Promise<void> {
    const { topic, ...parts } = deadLetterParts(letter);
    const omitted = await sendFitting(
      parts,
      (record, how) => publisher.send(topic, record, how),
    );
    if (omitted?.length === 0) return;
    const { record, groupId, reason, attempts, error } = letter;
    const { partition, offset, value } = record;
    const place = { topic: record.topic, partition, offset: String(offset) };
    const why = { groupId, reason, attempts, error };
    const digest = value === undefined ? {} : digestOf(value);
    if (omitted !== undefined) {
      log.warn(OMITTED, { ...place, ...why, ...digest, omitted });
    } else log.error(IN_THE_LOG, { ...place, ...why, ...digest });
  }

  function subscribe(
    asked: SubscribeOptions & { readonly raw?: boolean },
    callback: EventCallback | RecordCallback,
  ): Subscription {
    const topics = checkSubscription(asked, callback);
    if (isClosed) throw new StreamClosedError("Event stream is disposed");
    const { sessionTimeout = 15_000, heartbeatInterval = 3_000 } = asked;
    const isAnonymous = !asked.groupId;
    const subscription = startSubscription({
      port,
      topics: topics.map((topic) => withPrefix(prefix, topic)),
      groupId: withPrefix(prefix, asked.groupId || newId()),
      ...(asked.groupInstanceId && {
        groupInstanceId: withPrefix(prefix, asked.groupInstanceId),
      }),
      groupProtocol: asked.groupProtocol ?? "classic",
      isAnonymous,
      offset: asked.offset ?? "earliest",
      retry: asked.delivery === "at-most-once"
        ? undefined
        : { ...RETRY, ...asked.retry },
      commitInterval: asked.commitInterval ?? 100,
      grace: asked.grace ?? 10_000,
      sessionTimeout,
      heartbeatInterval: Math.min(heartbeatInterval, sessionTimeout / 3),
      work: asked.raw === true
        ? rawWork(callback as RecordCallback)
        : eventWork(callback as EventCallback, asked.eventName ?? "", prefix),
      deadLetter: asked.deadLetter ?? writeDeadLetter,
      signal: asked.signal,
      observer,
      log,
    });
    subscriptions.add(subscription);
    subscription.closed.then(() => subscriptions.delete(subscription));
    return subscription;
  }

  return {
    publish(event) {
      const record = outgoingEvent(event, rules);
      publisher.enqueue(withPrefix(prefix, event.topic), record);
    },
    async publishSync(event, sendOptions) {
      const record = outgoingEvent(event, rules);
      const topic = withPrefix(prefix, event.topic);
      await publisher.send(topic, record, sendOptions);
    },
    publishAuditLog(entry) {
      if (!auditLog.enabled) return;
      const record = outgoingAuditLog(entry, Number(now() / 1_000_000n));
      publisher.enqueue(withPrefix(prefix, auditLog.topic), record);
    },
    subscribe,
    async sendRecord(topic, record, sendOptions) {
      checkTopic(topic);
      await publisher.send(withPrefix(prefix, topic), record, sendOptions);
    },
    writeDeadLetter,
    async metadata(topic, { signal } = {}) {
      signal?.throwIfAborted();
      if (topic !== undefined) checkTopic(topic);
      const full = topic === undefined ? topic : withPrefix(prefix, topic);
      const asked = port().then((cluster) => cluster.brokers(full));
      try {
        if (signal === undefined) return await asked;
        const found = await unlessAborted(asked, signal);
        if (found !== undefined) return found;
      } catch (cause) {
        throw new EventStreamError("Brokers cannot be read", { cause });
      }
      throw signal.reason;
    },
    async [Symbol.asyncDispose]() {
      isClosed = true;
      // Subscriptions first: they may still write dead letters.
      await Promise.all(
        [...subscriptions].map((each) => each[Symbol.asyncDispose]()),
      );
      await publisher.close(options.flushTimeout ?? 10_000);
      // If opening failed, nothing needs closing and the callers know.
      await opened?.then((cluster) => cluster.close(), () => {});
    },
  };
}

function connectionOf(options: EventStreamOptions): ConnectionOptions {
  const { brokers = [], tls, sasl } = options;
  const connection = {
    brokers,
    clientId: options.clientId ?? "extend-event-handler",
    ...(tls !== undefined && { tls }),
    ...(sasl !== undefined && { sasl }),
    connectTimeout: options.connectTimeout ?? 5_000,
  };
  checkConnection(connection);
  return connection;
}

function checkSubscription(
  options: SubscribeOptions,
  callback: EventCallback | RecordCallback,
): readonly string[] {
  if (options === undefined || options === null) {
    throw new MissingArgumentError("There is nothing to subscribe to");
  }
  const { topic, eventName, retry: { maxAttempts = 1 } = {} } = options;
  const topics = typeof topic === "string" ? [topic] : [...new Set(topic)];
  if (topics.length === 0) {
    throw new MissingArgumentError("There is no topic to subscribe to");
  }
  for (const each of topics) checkTopic(each);
  if (eventName) checkEventName(eventName);
  if (typeof callback !== "function") {
    throw new MissingArgumentError("There is no callback to subscribe");
  }
  if (!(maxAttempts >= 1)) {
    throw new StreamOptionsError(
      `Option "maxAttempts" is ${maxAttempts}: expected 1 or more`,
    );
  }
  return topics;
}

function rawWork(callback: RecordCallback): RecordWork {
  return (record, context) => settled(callback(record, context), resultOf);
}

function eventWork(
  callback: EventCallback,
  eventName: string,
  prefix: string,
): RecordWork {
  return (record, context) => {
    const event = decodeEvent(record, withoutPrefix(prefix, record.topic));
    if (eventName !== "" && event.name !== eventName) return SKIPPED;
    return settled(callback(event, context), () => HANDLED);
  };
}

/**
 * Avoids a promise if the callback is synchronous: most records are not worth
 * one.
 */
function settled<T>(
  returned: T | Promise<T>,
  result: (value: T) => Result,
): Result | Promise<Result> {
  return isThenable(returned)
    ? Promise.resolve(returned).then(result)
    : result(returned);
}

function isThenable<T>(value: T | Promise<T>): value is Promise<T> {
  return typeof value === "object" && value !== null && "then" in value;
}

/** A callback typed to return nothing may still return anything. */
function resultOf(returned: Awaited<ReturnType<RecordCallback>>): Result {
  if (returned === "skipped") return SKIPPED;
  return typeof returned === "object" && returned !== null &&
      "outcome" in returned
    ? returned
    : HANDLED;
}

const SILENT: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  with: () => SILENT,
};
