/**
 * What a commit says beside the offset: which topic the offset is of. A topic that is
 * deleted and created again has the same name and another log.
 *
 * @module
 */

import { partitionKey, type Place, type Position } from "./port.ts";

/** What a group has committed of a partition, as Kafka has it. */
export interface CommittedOffset {
  /** The next record's offset; negative if nothing was committed. */
  readonly committedOffset: bigint;
  /** The leader epoch of the record before; negative or absent if unknown. */
  readonly committedLeaderEpoch?: number;
  /** What the committer wrote beside it. */
  readonly metadata?: string | null;
}

/** A topic, told from all others that ever had its name. */
export interface TopicIdentity {
  /** The cluster's id: a mirror has the same offsets, and topics with other ids. */
  readonly clusterId: string;
  /** The topic's id. */
  readonly topicId: string;
}

/** The metadata of a commit: Kafka keeps it as it is, up to 4,096 bytes by default. */
export function encodeCommitMetadata(
  { clusterId, topicId }: TopicIdentity,
): string {
  return JSON.stringify({ clusterId, topicId });
}

/** What the metadata of a commit says; `undefined` if it is not ours. */
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

/** The metadata for commits of positions whose topic is known, by partition key. */
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

/** Where a group has got to; `undefined` if nothing was committed. */
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
