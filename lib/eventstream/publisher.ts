/**
 * The queue between publishers and brokers. It has an outbox per partition with
 * one batch in flight, which keeps the order and lets a partition without a
 * leader block no other.
 *
 * @module
 */

import type { Logger } from "../core/context.ts";
import {
  type DeliveryError,
  MessageTooLargeError,
  QueueFullError,
  StreamClosedError,
} from "./errors.ts";
import {
  isAboutOne,
  type Message,
  refused,
  sizeOf,
  takeBatch,
  timedOut,
} from "./message.ts";
import type { SafeObserver } from "./observer.ts";
import { partitionOf } from "./partitioner.ts";
import { PortError, type ProducerPort } from "./port.ts";
import type { OutgoingRecord } from "./record.ts";
import { growingDelay, pause, within } from "../core/async.ts";

/** Options of {@linkcode createPublisher}. */
export interface PublisherOptions {
  /** Creates the producer. Called when there is something to send. */
  readonly producer: () => Promise<ProducerPort>;
  /** Time limit for a message to be confirmed, in milliseconds. */
  readonly timeout: number;
  /** The most queued messages. */
  readonly maxQueued: number;
  /** The most queued bytes. */
  readonly maxQueuedBytes: number;
  /** The most bytes per batch; more only for a single longer message. */
  readonly maxBatchBytes: number;
  /** The observer. */
  readonly observer: SafeObserver;
  /** Logs failures. */
  readonly log: Logger;
}

/** Options of {@linkcode Publisher.send}. */
export interface SendOptions {
  /** Ends the wait; a message in flight may still arrive. */
  readonly signal?: AbortSignal | undefined;
  /** A shorter time limit than the publisher's, in milliseconds. */
  readonly timeout?: number | undefined;
  /** Whether the message is compressed, and sent alone. @default {false} */
  readonly compress?: boolean | undefined;
}

/** The queue. */
export interface Publisher {
  /**
   * Queues a message. A failure is logged.
   *
   * @param topic Its full name.
   * @throws {QueueFullError} The queue is full.
   * @throws {MessageTooLargeError} It alone exceeds the queue's limit.
   * @throws {StreamClosedError} The publisher is closed.
   */
  enqueue(topic: string, record: OutgoingRecord): void;
  /**
   * Queues a message and waits until it is confirmed.
   *
   * @throws {DeliveryError} It was not confirmed.
   * @throws {QueueFullError} The queue is full.
   * @throws {StreamClosedError} The publisher is closed.
   */
  send(
    topic: string,
    record: OutgoingRecord,
    options?: SendOptions,
  ): Promise<void>;
  /** Waits until the queue is empty, up to the timeout; then fails the rest. */
  close(timeout: number): Promise<void>;
}

/** Messages of one partition. */
interface Outbox {
  readonly partition: number;
  readonly waiting: Message[];
  /** The batch in flight. */
  sending: readonly Message[];
  isRunning: boolean;
}

interface TopicQueue {
  readonly topic: string;
  /** Messages whose partition is not known yet. */
  unplaced: Message[];
  partitions: number;
  /** When the partitions were counted, by `performance.now()`. */
  countedAt: number;
  isCounting: boolean;
  readonly outboxes: Map<number, Outbox>;
}

/** How long a topic's number of partitions is cached, in milliseconds. */
const COUNT_MAX_AGE = 60_000;
const RETRY = { base: 100, max: 1_000 };

/** Creates a publisher. */
export function createPublisher(options: PublisherOptions): Publisher {
  const { timeout, observer } = options;
  const topics = new Map<string, TopicQueue>();
  const stop = new AbortController();
  const drained: (() => void)[] = [];
  let producer: Promise<ProducerPort> | undefined;
  let count = 0;
  let bytes = 0;
  let isClosed = false;

  const getProducer = () => producer ??= options.producer();

  function add(
    topic: string,
    record: OutgoingRecord,
    { time, compress = false }: {
      readonly time: number;
      readonly compress?: boolean | undefined;
    },
    onSettled: (error?: Error) => void,
  ): Message {
    if (isClosed) throw new StreamClosedError("Event stream is disposed");
    const size = sizeOf(record);
    if (size > options.maxQueuedBytes) {
      throw new MessageTooLargeError(
        `Message has ${size} bytes: expected at most ${options.maxQueuedBytes}`,
      );
    }
    if (count >= options.maxQueued || bytes + size > options.maxQueuedBytes) {
      throw new QueueFullError(
        `Queue is full with ${count} messages of ${bytes} bytes: expected at most ` +
          `${options.maxQueued} messages and ${options.maxQueuedBytes} bytes`,
      );
    }
    count++;
    bytes += size;
    const message: Message = {
      record,
      bytes: size,
      compress,
      deadline: performance.now() + time,
      isSettled: false,
      settle(error) {
        if (message.isSettled) return;
        message.isSettled = true;
        count--;
        bytes -= size;
        onSettled(error);
        if (count === 0) drained.splice(0).forEach((tell) => tell());
      },
    };
    const queue = queueOf(topic);
    if (isFresh(queue)) place(queue, message);
    else {
      queue.unplaced.push(message);
      countPartitions(queue);
    }
    return message;
  }

  function queueOf(topic: string): TopicQueue {
    let queue = topics.get(topic);
    if (queue === undefined) {
      queue = {
        topic,
        unplaced: [],
        partitions: 0,
        countedAt: -Infinity,
        isCounting: false,
        outboxes: new Map(),
      };
      topics.set(topic, queue);
    }
    return queue;
  }

  function isFresh({ countedAt, unplaced }: TopicQueue): boolean {
    // Messages that wait for the count go first; otherwise the order would be
    // lost.
    return unplaced.length === 0 &&
      performance.now() - countedAt < COUNT_MAX_AGE;
  }

  async function countPartitions(queue: TopicQueue): Promise<void> {
    if (queue.isCounting) return;
    queue.isCounting = true;
    for (let attempt = 1; queue.unplaced.length > 0; attempt++) {
      try {
        const counted = untilDeadline(
          queue.unplaced,
          getProducer().then((port) => port.partitions(queue.topic)),
        );
        queue.partitions = await counted;
        queue.countedAt = performance.now();
        for (const message of queue.unplaced.splice(0)) place(queue, message);
      } catch (error) {
        queue.unplaced = prune(queue.topic, queue.unplaced, error);
        if (queue.unplaced.length > 0) {
          await pauseFor(queue.unplaced, growingDelay(attempt, RETRY));
        }
      }
    }
    queue.isCounting = false;
  }

  function place(queue: TopicQueue, message: Message): void {
    const partition = partitionOf(message.record.key, queue.partitions);
    let outbox = queue.outboxes.get(partition);
    if (outbox === undefined) {
      outbox = { partition, waiting: [], sending: [], isRunning: false };
      queue.outboxes.set(partition, outbox);
    }
    outbox.waiting.push(message);
    if (!outbox.isRunning) run(queue.topic, outbox);
  }

  async function run(topic: string, outbox: Outbox): Promise<void> {
    outbox.isRunning = true;
    // Sends messages of the same turn together.
    await pause(0, stop.signal);
    while (outbox.waiting.length > 0) {
      outbox.sending = takeBatch(outbox.waiting, options.maxBatchBytes);
      await deliver({ topic, partition: outbox.partition }, outbox.sending);
    }
    outbox.sending = [];
    outbox.isRunning = false;
  }

  /**
   * Sends a batch until it is confirmed, fails permanently, or times out. A
   * timed-out batch is not sent again but still awaited: the next one must not
   * overtake it.
   */
  async function deliver(
    to: { readonly topic: string; readonly partition: number },
    batch: readonly Message[],
  ): Promise<void> {
    let left = prune(to.topic, batch, undefined);
    for (let attempt = 1; left.length > 0; attempt++) {
      const started = performance.now();
      const records = left.map(({ record }) => record);
      const compress = left.some((message) => message.compress);
      const sending = getProducer().then((port) =>
        port.send(to, records, { compress })
      );
      const watch = watchDeadlines(to.topic, left);
      try {
        await sending;
        observer.produced({
          ...to,
          count: left.length,
          bytes: left.reduce((sum, message) => sum + message.bytes, 0),
          seconds: (performance.now() - started) / 1_000,
        });
        for (const message of left) message.settle();
        return;
      } catch (error) {
        if (left.length > 1 && isAboutOne(error)) {
          // Splits the batch, so that other messages do not fail with the bad
          // one.
          const middle = left.length >> 1;
          await deliver(to, left.slice(0, middle));
          await deliver(to, left.slice(middle));
          return;
        }
        left = prune(to.topic, left, error);
        if (left.length > 0) await pauseFor(left, growingDelay(attempt, RETRY));
      } finally {
        clearTimeout(watch);
      }
    }
  }

  /** Rejects messages at their deadline while the batch is still in flight. */
  function watchDeadlines(
    topic: string,
    batch: readonly Message[],
  ): ReturnType<typeof setTimeout> {
    const last = Math.max(...batch.map(({ deadline }) => deadline));
    return setTimeout(
      () => fail(topic, batch, timedOut(topic)),
      Math.max(0, last - performance.now()),
    );
  }

  /** The messages of a batch that may be sent again; the others fail. */
  function prune(
    topic: string,
    batch: readonly Message[],
    error: unknown,
  ): Message[] {
    const now = performance.now();
    const isFinal = stop.signal.aborted ||
      (error instanceof PortError && !error.retryable);
    const lost: Message[] = [];
    const left = batch.filter((message) => {
      if (message.isSettled) return false;
      const isLost = isFinal || message.deadline <= now;
      if (isLost) lost.push(message);
      return !isLost;
    });
    fail(topic, lost, isFinal ? refused(topic, error) : timedOut(topic, error));
    return left;
  }

  function fail(
    topic: string,
    messages: readonly Message[],
    error: DeliveryError,
  ): void {
    const open = messages.filter(({ isSettled }) => !isSettled);
    if (open.length === 0) return;
    options.log.error("Messages could not be delivered", {
      topic,
      count: open.length,
      error,
    });
    observer.produceFailed({ topic, count: open.length, error });
    for (const message of open) message.settle(error);
  }

  /** Waits, but not beyond the last deadline. */
  function pauseFor(batch: readonly Message[], delay: number): Promise<void> {
    const last = Math.max(...batch.map(({ deadline }) => deadline));
    return pause(Math.min(delay, last - performance.now()), stop.signal);
  }

  /** Work, aborted at the last message's deadline. */
  async function untilDeadline<T>(
    batch: readonly Message[],
    work: Promise<T>,
  ): Promise<T> {
    const last = Math.max(...batch.map(({ deadline }) => deadline));
    const isDone = await within(Math.max(0, last - performance.now()), work);
    if (isDone) return await work;
    work.catch(() => {});
    throw new PortError("Time is up", { retryable: true });
  }

  return {
    enqueue(topic, record) {
      add(topic, record, { time: timeout }, () => {});
    },
    async send(topic, record, sendOptions = {}) {
      const { signal, timeout: less = timeout, compress } = sendOptions;
      signal?.throwIfAborted();
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const time = Math.min(less, timeout);
      const message = add(topic, record, { time, compress }, (error) => {
        if (error === undefined) resolve();
        else reject(error);
      });
      const onTimeout = setTimeout(
        () => fail(topic, [message], timedOut(topic)),
        time,
      );
      const onAbort = () => message.settle(signal?.reason);
      signal?.addEventListener("abort", onAbort, { once: true });
      try {
        await promise;
      } finally {
        clearTimeout(onTimeout);
        signal?.removeEventListener("abort", onAbort);
      }
    },
    async close(limit) {
      isClosed = true;
      if (count > 0) {
        await within(limit, new Promise<void>((tell) => drained.push(tell)));
      }
      stop.abort();
      for (const { topic, unplaced, outboxes } of topics.values()) {
        prune(topic, unplaced, undefined);
        for (const { sending, waiting } of outboxes.values()) {
          prune(topic, [...sending, ...waiting], undefined);
        }
      }
      await producer?.then((port) => port.close(), () => {});
    },
  };
}
