/**
 * One membership in a group, from joining to leaving: assignment, reading and
 * committing.
 *
 * @module
 */

import type { Logger } from "../core/context.ts";
import { createCommitter } from "./committer.ts";
import {
  createPartitionQueue,
  type PartitionQueue,
} from "./partition_queue.ts";
import type { Partition, SafeObserver } from "./observer.ts";
import {
  type Assignment,
  type ConsumerPort,
  NO_TOPIC,
  partitionKey,
  PortError,
  type Position,
} from "./port.ts";
import { createReader } from "./reader.ts";
import { findStarts } from "./starts.ts";
import type { StreamRecord } from "./record.ts";
import { growingDelay, pause, unlessAborted, within } from "../core/async.ts";

/** Options of {@linkcode runSession}. */
export interface SessionOptions {
  /** The member. It is closed at the end. */
  readonly consumer: ConsumerPort;
  /** The group's full id. */
  readonly groupId: string;
  /** Where a partition begins without a commit. */
  readonly offset: "earliest" | "latest";
  /** Whether a record is committed before it is handled. */
  readonly atMostOnce: boolean;
  /** How long a commit may wait to be combined with others, in milliseconds. */
  readonly commitInterval: number;
  /**
   * How long running records may take to end, in milliseconds; then `interrupt`
   * is called.
   */
  readonly grace: number;
  /** Processes a record. @returns Whether the record is finished. */
  readonly handle: (
    record: StreamRecord,
    stop: AbortSignal,
  ) => boolean | Promise<boolean>;
  /** Aborts the running records. */
  readonly interrupt: () => void;
  /** Called each time the assignment is known. */
  readonly onAssigned: (partitions: readonly Partition[]) => void;
  /**
   * Called when a topic is missing or has been recreated: it may have fewer
   * partitions.
   */
  readonly onLost: () => void;
  /** The observer. */
  readonly observer: SafeObserver;
  /** Logs failures. */
  readonly log: Logger;
}

/** Time limit for the last commit, and for leaving, in milliseconds. */
const GOODBYE = 5_000;
/** How often to check for changes without a notification, in milliseconds. */
const TICK = 1_000;
const RETRY = { base: 100, max: 2_000 };

/**
 * Takes part in a group until the signal aborts.
 *
 * @throws {PortError} The membership is lost: a new one is needed.
 */
export async function runSession(
  signal: AbortSignal,
  options: SessionOptions,
): Promise<void> {
  const { consumer, groupId, observer, log } = options;
  const queues = new Map<string, PartitionQueue>();
  /** Running records of removed queues. */
  const leaving = new Map<string, Promise<void>>();
  let synced: Assignment | undefined;
  let failure: { readonly error: unknown } | undefined;
  let failures = 0;
  let wakeUp = Promise.withResolvers<void>();

  const isOpen = () => synced !== undefined && consumer.assignment() === synced;
  const committer = createCommitter({
    groupId,
    interval: options.commitInterval,
    positions: () =>
      [...queues.values()].map(({ partition, done }) => ({
        ...partition,
        ...done,
      })),
    isOpen,
    commit: (positions) => consumer.commit(positions),
    observer,
    log,
  });

  const reader = createReader({
    consumer,
    groupId,
    queues,
    signal,
    onRead: () => wakeUp.resolve(),
    onLost: options.onLost,
    observer,
    log,
  });

  consumer.onChange((change) => {
    if (change.type === "failed") failure ??= { error: change.error };
    if (change.type === "rebalancing") committer.flush({ force: true });
    wakeUp.resolve();
  });

  async function sync(): Promise<void> {
    const now = consumer.assignment();
    if (now === undefined || now === synced) return;
    const isForgotten = synced !== undefined &&
      synced.memberId !== now.memberId;
    const kept = new Set(isForgotten ? [] : now.partitions.map(partitionKey));
    const lost = [...queues].filter(([key]) => !kept.has(key));
    for (const [key, queue] of lost) drop(key, queue);
    const gained = now.partitions.filter((each) =>
      !queues.has(partitionKey(each))
    );
    const starts = await findStarts(gained, options);
    if (signal.aborted) return;
    // The assignment may have changed again meanwhile; the result is then
    // outdated.
    if (consumer.assignment() !== now) return wakeUp.resolve();
    for (const start of starts) open(start);
    synced = now;
    observer.rebalanced({
      groupId,
      gained,
      lost: lost.map(([, { partition }]) => partition),
    });
    options.onAssigned(now.partitions);
    for (const queue of queues.values()) queue.wake();
    committer.touch();
  }

  function drop(key: string, queue: PartitionQueue): void {
    queues.delete(key);
    const ended = queue.stop();
    leaving.set(key, ended);
    ended.then(() => {
      if (leaving.get(key) === ended) leaving.delete(key);
    });
  }

  function open({ topic, partition, ...start }: Position): void {
    const place = { topic, partition };
    const key = partitionKey(place);
    const queue = createPartitionQueue({
      partition: place,
      start,
      // Its record is not committed and is delivered again, but not while it is
      // still running.
      after: leaving.get(key),
      handle: options.atMostOnce ? commitAndHandle : options.handle,
      isOpen,
      onProgress() {
        committer.touch();
        if (reader.isAwaited(queue)) wakeUp.resolve();
      },
    });
    queues.set(key, queue);
    committer.start({ ...place, ...start });
  }

  async function commitAndHandle(
    record: StreamRecord,
    stop: AbortSignal,
  ): Promise<boolean> {
    const { topic, partition, offset, leaderEpoch } = record;
    const place = { topic, partition };
    const { topicId } = queues.get(partitionKey(place))?.position ?? {};
    const position = { ...place, offset: offset + 1n, topicId, leaderEpoch };
    for (let attempt = 1; !stop.aborted; attempt++) {
      try {
        await consumer.commit([position]);
        return await options.handle(record, stop);
      } catch (error) {
        log.warn("Offset could not be committed and will be retried", {
          groupId,
          error,
        });
        await pause(growingDelay(attempt, RETRY), stop);
      }
    }
    return false;
  }

  async function syncAndRead(): Promise<void> {
    await sync();
    if (isOpen()) await reader.read();
  }

  async function loop(): Promise<void> {
    await unlessAborted(consumer.join(), signal);
    while (!signal.aborted) {
      if (failure !== undefined) throw failure.error;
      wakeUp = Promise.withResolvers();
      try {
        await unlessAborted(syncAndRead(), signal);
      } catch (error) {
        failures++;
        if (error instanceof PortError && error.code === NO_TOPIC) {
          options.onLost();
        }
        log.warn("Group's partitions are unknown and will be requested again", {
          groupId,
          error,
        });
        await pause(growingDelay(failures, RETRY), signal);
        continue;
      }
      await within(TICK, wakeUp.promise);
    }
  }

  async function end(): Promise<void> {
    const stopped = Promise.all([
      ...[...queues.values()].map((queue) => queue.stop()),
      ...leaving.values(),
    ]);
    if (!await within(options.grace, stopped)) {
      options.interrupt();
      await within(TICK, stopped);
    }
    await within(GOODBYE, committer.flush());
    committer.stop();
    await within(GOODBYE, consumer.close());
  }

  const onAbort = () => wakeUp.resolve();
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    await loop();
  } finally {
    signal.removeEventListener("abort", onAbort);
    await end();
  }
}
