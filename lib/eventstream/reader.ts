/**
 * Fetches records for partitions whose queues have room: one request per broker
 * at a time, and none for a full partition.
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
  /** The consumer that fetches. */
  readonly consumer: ConsumerPort;
  /** The group's full id. */
  readonly groupId: string;
  /** The queues, by partition key. They change over time. */
  readonly queues: ReadonlyMap<string, PartitionQueue>;
  /** Aborts the wait after failures. */
  readonly signal: AbortSignal;
  /** Called when a request has ended. */
  readonly onRead: () => void;
  /** Called when a topic is missing or has been recreated. */
  readonly onLost: () => void;
  /** The observer. */
  readonly observer: SafeObserver;
  /** Logs failures. */
  readonly log: Logger;
}

/** Fetches records. */
export interface Reader {
  /**
   * Begins requests to all brokers that have partitions to read and no running
   * request.
   */
  read(): Promise<void>;
  /** Whether a queue was full at the last check and has room now. */
  isAwaited(queue: PartitionQueue): boolean;
}

/** How long a broker waits for records, in milliseconds. */
const MAX_WAIT = 500;
/** The same if a full queue will have room soon, in milliseconds. */
const SHORT_WAIT = 10;
/** Total buffered bytes above which only empty queues are filled. */
const MAX_BUFFERED = 16_777_216;
/** How long a partition that cannot be read pauses, in milliseconds. */
const REST = 500;
const RETRY = { base: 100, max: 2_000 };

/** Creates a reader. */
export function createReader(options: ReaderOptions): Reader {
  const { consumer, groupId, queues, signal, onRead, observer, log } = options;
  /** Brokers with a running request. */
  const fetching = new Set<number>();
  /** Full queues whose progress is awaited. */
  const full = new Set<PartitionQueue>();
  /** Until when partitions that cannot be read are paused. */
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
        // The answer omits partitions without changes.
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
      // The others continue; this one is retried after a while.
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
