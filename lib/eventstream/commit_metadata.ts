/**
 * Metadata stored with a committed offset: the topic that the offset belongs
 * to. A recreated topic has the same name but another log.
 *
 * @module
 */

import { partitionKey, type Place, type Position } from "./port.ts";

/** A group's commit for a partition, as Kafka returns it. */
export interface CommittedOffset {
  /** The next record's offset; negative if nothing was committed. */
  readonly committedOffset: bigint;
  /**
   * The leader epoch of the last record before it; negative or absent if
   * unknown.
   */
  readonly committedLeaderEpoch?: number;
  /** The metadata that the committer stored. */
  readonly metadata?: string | null;
}

/** Identifies a topic among all that ever had its name. */
export interface TopicIdentity {
  /** The cluster's id: a mirror has the same offsets, but other topic ids. */
  readonly clusterId: string;
  /** The topic's id. */
  readonly topicId: string;
}

/**
 * The metadata of a commit. Kafka stores it unchanged, up to 4,096 bytes by
 * default.
 */
export function encodeCommitMetadata(
  { clusterId, topicId }: TopicIdentity,
): string {
  return JSON.stringify({ clusterId, topicId });
}

/** Decodes the metadata of a commit; `undefined` if another client wrote it. */
export function decodeCommitMetadata(
  text: string | null | undefined,
): TopicIdentity | undefined {
  if (!text?.startsWith("{")) return undefined;
  try {
    const { clusterId, topicId } = JSON.parse(text) as Partial<TopicIdentity>;
    return typeof clusterId === "string" && typeof topicId === "string"
      ? { clusterId, topicId }
      : undefined;
  } catch {
    return undefined;
  }
}

/** The metadata for positions with a known topic id, by partition key. */
export function commitMetadata(
  positions: readonly Position[],
  clusterId: string,
): ReadonlyMap<string, string> {
  return new Map(positions.flatMap((each) => {
    const { topicId } = each;
    return topicId === undefined ? [] : [
      [partitionKey(each), encodeCommitMetadata({ clusterId, topicId })],
    ];
  }));
}

/** A group's committed position; `undefined` if nothing was committed. */
export function committedPlace(
  found: CommittedOffset | undefined,
  clusterId: string,
): Place | undefined {
  if (found === undefined || found.committedOffset < 0n) return undefined;
  const { committedOffset: offset, committedLeaderEpoch: epoch = -1 } = found;
  const said = decodeCommitMetadata(found.metadata);
  return {
    offset,
    ...(said?.clusterId === clusterId && { topicId: said.topicId }),
    ...(epoch >= 0 && { leaderEpoch: epoch }),
  };
}
