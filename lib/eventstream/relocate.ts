/**
 * Finds where to resume when the next offset no longer exists: the topic was
 * recreated, or its log begins later or ends earlier than before.
 *
 * @module
 */

import type { Logger } from "../core/context.ts";
import type { RelocationReason, SafeObserver } from "./observer.ts";
import type { PartitionQueue } from "./partition_queue.ts";
import {
  type ConsumerPort,
  type Fetched,
  NO_TOPIC,
  partitionKey,
  type Place,
} from "./port.ts";

/** Options of {@linkcode relocate}. */
export interface RelocateOptions {
  /** The consumer. */
  readonly consumer: ConsumerPort;
  /** The group's full id. */
  readonly groupId: string;
  /** The observer. */
  readonly observer: SafeObserver;
  /** Logs failures. */
  readonly log: Logger;
}

/** Broker errors for a position that does not exist. */
const LOST: ReadonlySet<string | undefined> = new Set([
  "INCONSISTENT_TOPIC_ID",
  "OFFSET_OUT_OF_RANGE",
  "UNKNOWN_TOPIC_ID",
  NO_TOPIC,
]);

/** Whether an answer says that the position does not exist. */
export function isLost({ error, cut }: Fetched): boolean {
  return cut !== undefined || (error !== undefined && LOST.has(error.code));
}

/** Log messages for relocated partitions. */
export const RELOCATED: Readonly<Record<RelocationReason, string>> = {
  expired: "Records were deleted before they were read",
  beyond_end:
    "Offset is beyond the partition's end: all available records are read " +
    "again",
  truncated: "Log was truncated: reading continues from there",
  recreated: "Topic was recreated: it is read from its beginning",
};

/**
 * Moves a partition queue to where reading can resume, once every record that
 * was read is finished.
 *
 * | What has happened | It is read on |
 * |---|---|
 * | the topic was deleted and created again: another id | at the earliest record |
 * | the log begins later: the topic's retention | at the earliest record: those before are lost |
 * | the log ends earlier: an offset of another cluster, a restored one | at the earliest record: some come twice |
 * | the log ends earlier, and says where: a leader that was behind | there |
 *
 * @throws {PortError} The position cannot be determined, or the topic does not
 * exist.
 */
export async function relocate(
  queue: PartitionQueue,
  fetched: Fetched,
  options: RelocateOptions,
): Promise<void> {
  const { consumer, groupId, observer, log } = options;
  const { partition, position: from } = queue;
  if (!queue.isIdle) return;
  const key = partitionKey(partition);
  const ids = await consumer.topicIds([partition.topic]);
  const topicId = ids.get(partition.topic);
  const [first, last] = await Promise.all([
    consumer.ends([partition], "earliest"),
    consumer.ends([partition], "latest"),
  ]).then((ends) => ends.map((each) => each.get(key)));
  if (first === undefined || last === undefined) return;
  const { reason, ...to } = findPlace({
    from,
    topicId,
    first,
    last,
    cut: fetched.cut,
  });
  queue.seek(to);
  if (reason === undefined) return;
  const offsets = { from: String(from.offset), to: String(to.offset) };
  const level = reason === "expired" ? "error" : "warn";
  log[level](RELOCATED[reason], { ...partition, groupId, ...offsets });
  observer.relocated({ ...partition, groupId, reason });
}

function findPlace(
  { from, topicId, first, last, cut }: {
    readonly from: Place;
    readonly topicId: string | undefined;
    readonly first: bigint;
    readonly last: bigint;
    readonly cut: Place | undefined;
  },
): Place & { readonly reason?: RelocationReason } {
  if (topicId !== from.topicId) {
    return { offset: first, topicId, reason: "recreated" };
  }
  if (cut !== undefined && cut.offset >= first) {
    return cut.offset < from.offset
      ? { ...cut, topicId, reason: "truncated" }
      : { ...cut, topicId };
  }
  if (from.offset < first) return { offset: first, topicId, reason: "expired" };
  if (from.offset > last) {
    return { offset: first, topicId, reason: "beyond_end" };
  }
  // The position exists; the broker has only forgotten the leader epoch before
  // it.
  return { offset: from.offset, topicId };
}
