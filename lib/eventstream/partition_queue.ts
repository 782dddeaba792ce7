/**
 * The queue of one partition's records: passes them to the callback one at a
 * time, in order, from a bounded buffer.
 *
 * @module
 */

import type { Partition } from "./observer.ts";
import type { Fetched, Place } from "./port.ts";
import type { StreamRecord } from "./record.ts";

/** Options of {@linkcode createPartitionQueue}. */
export interface PartitionQueueOptions {
  /** The partition. */
  readonly partition: Partition;
  /** Where reading begins. */
  readonly start: Place;
  /**
   * Delivery begins when this settles, because an earlier delivery of the
   * partition is still running.
   */
  readonly after: Promise<unknown> | undefined;
  /**
   * Processes a record.
   *
   * @param stop Aborts when the queue is stopped.
   * @returns Whether the record is finished.
   */
  readonly handle: (
    record: StreamRecord,
    stop: AbortSignal,
  ) => boolean | Promise<boolean>;
  /** Whether a record may be handled now. */
  readonly isOpen: () => boolean;
  /** Called when a record is finished. */
  readonly onProgress: () => void;
}

/** The queue of one partition's records. */
export interface PartitionQueue {
  /** The partition. */
  readonly partition: Partition;
  /** Where to continue reading. */
  readonly position: Place;
  /** Every record before this offset is finished. */
  readonly done: Place;
  /** Whether every record that was read is finished. */
  readonly isIdle: boolean;
  /** Bytes in the buffer. */
  readonly bufferedBytes: number;
  /** Whether there is room for more. */
  readonly wantsMore: boolean;
  /**
   * Whether one record has been running for long, so that no room is expected
   * soon.
   */
  readonly isStuck: boolean;
  /**
   * Adds fetched records. Records that do not continue at the position are
   * ignored.
   */
  push(fetched: Fetched, from: bigint): void;
  /**
   * Continues reading elsewhere, once every record that was read is finished.
   */
  seek(to: Place): void;
  /** Checks again whether a record may be handled. */
  wake(): void;
  /** Begins no more records. Settles when the running one has ended. */
  stop(): Promise<void>;
}

/** The number of buffered records at which reading stops. */
const MAX_RECORDS = 500;
/** The number of buffered bytes at which reading stops. */
const MAX_BYTES = 524_288;
/** The time after which a running record counts as stuck, in milliseconds. */
const STUCK_AFTER = 500;

/** Creates a queue, which begins with the first records pushed to it. */
export function createPartitionQueue(
  options: PartitionQueueOptions,
): PartitionQueue {
  const { partition, handle, isOpen, onProgress } = options;
  const stopping = new AbortController();
  let buffer: StreamRecord[] = [];
  let head = 0;
  let bytes = 0;
  let position = options.start;
  // Separate variables, because they change with every record.
  let { offset: doneOffset, leaderEpoch: doneEpoch } = options.start;
  let startedAt: number | undefined;
  let signal = Promise.withResolvers<void>();
  const ended = run();

  async function run(): Promise<void> {
    await options.after;
    while (!stopping.signal.aborted) {
      const record = isOpen() ? buffer[head] : undefined;
      if (record === undefined) {
        await signal.promise;
        signal = Promise.withResolvers();
        continue;
      }
      startedAt = performance.now();
      const handled = handle(record, stopping.signal);
      // Most records are not worth a turn of the microtask queue.
      const isDone = typeof handled === "boolean" ? handled : await handled;
      startedAt = undefined;
      // Only a stopped queue leaves a record unfinished.
      if (!isDone) return;
      take(record);
      onProgress();
    }
  }

  function take(record: StreamRecord): void {
    bytes -= sizeOf(record);
    head++;
    // Records hidden after the last one are finished, too.
    doneOffset = record.offset + 1n;
    doneEpoch = record.leaderEpoch;
    if (head === buffer.length) {
      buffer = [];
      head = 0;
      finish(position);
    }
  }

  function finish({ offset, leaderEpoch }: Place): void {
    doneOffset = offset;
    doneEpoch = leaderEpoch;
  }

  return {
    partition,
    get position() {
      return position;
    },
    get done() {
      const { topicId } = position;
      return { offset: doneOffset, topicId, leaderEpoch: doneEpoch };
    },
    get isIdle() {
      return buffer.length === 0;
    },
    get bufferedBytes() {
      return bytes;
    },
    get wantsMore() {
      return !stopping.signal.aborted &&
        buffer.length - head < MAX_RECORDS && bytes < MAX_BYTES;
    },
    get isStuck() {
      return startedAt !== undefined &&
        performance.now() - startedAt > STUCK_AFTER;
    },
    push({ records, next, leaderEpoch }, from) {
      if (from !== position.offset || stopping.signal.aborted) return;
      const isIdle = buffer.length === 0;
      buffer.splice(0, head);
      head = 0;
      for (const record of records) {
        buffer.push(record);
        bytes += sizeOf(record);
      }
      if (next !== from) {
        const { topicId } = position;
        position = { offset: next, topicId, leaderEpoch };
      }
      if (isIdle && buffer.length === 0 && next !== doneOffset) {
        finish(position);
        onProgress();
      }
      signal.resolve();
    },
    seek(to) {
      if (buffer.length > 0) return;
      position = to;
      finish(to);
      onProgress();
    },
    wake: () => signal.resolve(),
    stop() {
      stopping.abort();
      signal.resolve();
      return ended;
    },
  };
}

function sizeOf({ key, value }: StreamRecord): number {
  return (key?.length ?? 0) + (value?.length ?? 0);
}
