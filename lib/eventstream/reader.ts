/**
 * Reads partitions on, as far as their queues have room: one request at a time for each
 * broker, and none for a partition that is full.
 *
 * @module
 */

import type { Logger } from "../core/context.ts";
import type { PartitionQueue } from "./partition_queue.ts";
import type { SafeObserver } from "./observer.ts";
import { type ConsumerPort, type Fetched, partitionKey } from "./port.ts";
import { isLost, relocate } from "./relocate.ts";
import { growingDelay, pause } from "../core/async.ts";

/** Options of {@linkcode createReader}. */
export interface ReaderOptions {
  /** What reads. */
  readonly consumer: ConsumerPort;
  /** The group's full id. */
  readonly groupId: string;
  /** The queues, by partition key. They come and go. */
  readonly queues: ReadonlyMap<string, PartitionQueue>;
  /** Ends the waiting after failures. */
  readonly signal: AbortSignal;
  /** Called when a request has ended. */
  readonly onRead: () => void;
  /** Called when a topic is not there, or is another. */
  readonly onLost: () => void;
  /** Who is told. */
  readonly observer: SafeObserver;
  /** Where failures go. */
  readonly log: Logger;
}

/** Reads partitions on. */
export interface Reader {
  /** Begins requests to all brokers that have something, and none under way. */
  read(): Promise<void>;
  /** Whether a queue was full when last looked at, and is not any more. */
  isAwaited(queue: PartitionQueue): boolean;
}

/** How long a broker waits for records, in milliseconds. */
const MAX_WAIT = 500;
/** The same while a full queue will have room soon, in milliseconds. */
const SHORT_WAIT = 10;
/** Bytes that wait in all queues when only empty ones are read on. */
const MAX_BUFFERED = 16_777_216;
/** How long a partition that cannot be read is left alone, in milliseconds. */
const REST = 500;
const RETRY = { base: 100, max: 2_000 };

/** Makes a reader. */
export function createReader(options: ReaderOptions): Reader {
  const { consumer, groupId, queues, signal, onRead, observer, log } = options;
  /** Brokers with a request under way. */
  const fetching = new Set<number>();
  /** Queues without room, whose progress is waited for. */
  const full = new Set<PartitionQueue>();
  /** Until when partitions that cannot be read are left alone. */
  const resting = new Map<string, number>();
  let failures = 0;

  async function read(): Promise<void> {
    const now = performance.now();
    for (const [key, until] of resting) {
      if (until <= now) resting.delete(key);
    }
    full.clear();
    const buffered = [...queues.values()].reduce(
      (sum, { bufferedBytes }) => sum + bufferedBytes,
      0,
    );
    const isRoomy = buffered < MAX_BUFFERED;
    const hungry = [...queues].flatMap(([key, queue]) => {
      if (queue.wantsMore && (isRoomy || queue.bufferedBytes === 0)) {
        return resting.has(key) ? [] : [queue];
      }
      full.add(queue);
      return [];
    });
    if (hungry.length === 0) return;
    const leaders = await consumer.leaders(
      hungry.map(({ partition }) => partition),
    );
    const isShort = [...full].some((queue) => !queue.isStuck);
    const byNode = Map.groupBy(
      hungry,
      ({ partition }) => leaders.get(partitionKey(partition)),
    );
    for (const [node, wanted] of byNode) {
      if (node === undefined || fetching.has(node)) continue;
      fetchFrom(node, wanted, isShort ? SHORT_WAIT : MAX_WAIT);
    }
  }

  async function fetchFrom(
    node: number,
    wanted: readonly PartitionQueue[],
    maxWait: number,
  ): Promise<void> {
    fetching.add(node);
    const positions = wanted.map(({ partition, position }) => ({
      ...partition,
      ...position,
    }));
    try {
      const all = await consumer.fetch({ node, positions, maxWait });
      const byKey = new Map(all.map((each) => [partitionKey(each), each]));
      for (const [index, queue] of wanted.entries()) {
        const from = positions[index]?.offset;
        const fetched = byKey.get(partitionKey(queue.partition));
        if (from === undefined) continue;
        if (fetched !== undefined) await take(queue, fetched, from);
        // Partitions in which nothing has changed are left out of the answer.
        else tellLag(queue, from);
      }
      failures = 0;
    } catch (error) {
      if (!signal.aborted) {
        failures++;
        log.warn("Records could not be read", { groupId, node, error });
        await pause(growingDelay(failures, RETRY), signal);
      }
    } finally {
      fetching.delete(node);
      onRead();
    }
  }

  async function take(
    queue: PartitionQueue,
    fetched: Fetched,
    from: bigint,
  ): Promise<void> {
    const key = partitionKey(queue.partition);
    if (isLost(fetched)) {
      resting.set(key, performance.now() + REST);
      if (fetched.error !== undefined) options.onLost();
      try {
        await relocate(queue, fetched, options);
        if (queue.isIdle) resting.delete(key);
      } catch (error) {
        log.warn("Partition could not be read", { groupId, error });
      }
      return;
    }
    if (fetched.error !== undefined) {
      // The others go on: this one is looked at again after a while.
      resting.set(key, performance.now() + REST);
      log.warn("Partition could not be read", {
        groupId,
        error: fetched.error,
      });
      return;
    }
    queue.push(fetched, from);
    if (fetched.end !== undefined) tellLag(queue, fetched.end);
  }

  function tellLag({ partition, done }: PartitionQueue, end: bigint): void {
    const records = Math.max(0, Number(end - done.offset));
    observer.lag({ ...partition, groupId, records });
  }

  return {
    read,
    isAwaited: (queue) => full.has(queue) && queue.wantsMore,
  };
}
