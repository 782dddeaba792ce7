/**
 * Finds where to start reading newly assigned partitions.
 *
 * @module
 */

import type { Logger } from "../core/context.ts";
import type { Partition, SafeObserver } from "./observer.ts";
import {
  type ConsumerPort,
  partitionKey,
  type Place,
  type Position,
} from "./port.ts";
import { RELOCATED } from "./relocate.ts";

/** Options of {@linkcode findStarts}. */
export interface StartsOptions {
  /** The consumer. */
  readonly consumer: ConsumerPort;
  /** The group's full id. */
  readonly groupId: string;
  /** Where a partition begins without a commit. */
  readonly offset: "earliest" | "latest";
  /** The observer. */
  readonly observer: SafeObserver;
  /** Logs commits that belong to another topic. */
  readonly log: Logger;
}

/**
 * Finds where partitions continue: at the group's commit, or at one of their
 * ends. A commit for a deleted topic of the same name is ignored: that
 * partition begins at its earliest record.
 *
 * @throws {PortError} The position cannot be determined, or the topic does not
 * exist.
 */
export async function findStarts(
  partitions: readonly Partition[],
  options: StartsOptions,
): Promise<readonly Position[]> {
  if (partitions.length === 0) return [];
  const { consumer, groupId, observer, log } = options;
  const topics = [...new Set(partitions.map(({ topic }) => topic))];
  const ids = await consumer.topicIds(topics);
  const committed = await consumer.committed(partitions);
  const isOfAnother = (each: Partition) => {
    const topicId = committed.get(partitionKey(each))?.topicId;
    return topicId !== undefined && topicId !== ids.get(each.topic);
  };
  const recreated = partitions.filter(isOfAnother);
  const unknown = partitions.filter((each) =>
    !committed.has(partitionKey(each))
  );
  const ends = new Map([
    ...await endsOf(recreated, "earliest", options),
    ...await endsOf(unknown, options.offset, options),
  ]);
  const starts = partitions.flatMap((each): Position[] => {
    const key = partitionKey(each);
    const end = ends.get(key);
    const place: Place | undefined = end === undefined
      ? committed.get(key)
      : { offset: end };
    const topicId = ids.get(each.topic);
    return place === undefined ? [] : [{ ...each, ...place, topicId }];
  });
  for (const each of recreated) {
    const from = String(committed.get(partitionKey(each))?.offset);
    log.warn(RELOCATED.recreated, { ...each, groupId, from });
    observer.relocated({ ...each, groupId, reason: "recreated" });
  }
  if (options.offset === "latest" && unknown.length > 0) {
    // The end moves: the next member must begin here, not at the later end.
    const keys = new Set(unknown.map(partitionKey));
    await consumer.commit(
      starts.filter((each) => keys.has(partitionKey(each))),
    );
  }
  return starts;
}

async function endsOf(
  partitions: readonly Partition[],
  end: "earliest" | "latest",
  { consumer }: StartsOptions,
): Promise<ReadonlyMap<string, bigint>> {
  return partitions.length === 0
    ? new Map()
    : await consumer.ends(partitions, end);
}
