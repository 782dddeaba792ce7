/**
 * What the library's clients believe of topics, made safe for topics that change: one
 * that is created again with fewer partitions, or is forgotten by another request, has
 * the library read properties of `undefined` in a callback, which ends the process.
 *
 * @module
 */

import {
  type Callback,
  type ClusterMetadata,
  NetworkError,
} from "@platformatic/kafka";

/** A partition that does not exist any more: the library asks for its leader again. */
const GONE = {
  leader: -1,
  leaderEpoch: -1,
  replicas: [],
  isr: [],
  offlineReplicas: [],
};

/** Sees to the metadata of one client. */
export class MetadataGuard {
  /** How many partitions topics ever had: requests under way may name them. */
  readonly #partitions = new Map<string, number>();

  /** A callback that gets what the library can work with, or an error. */
  wrap(
    topics: readonly string[],
    callback: Callback<ClusterMetadata>,
  ): Callback<ClusterMetadata> {
    return (error, metadata) => {
      if (error !== null || metadata === undefined) {
        return callback(error, metadata);
      }
      const unknown = topics.find((topic) => !this.#complete(topic, metadata));
      if (unknown === undefined) return callback(null, metadata);
      callback(
        new NetworkError(`Topic "${unknown}" is to be asked for again`, {
          canRetry: true,
          hasStaleMetadata: true,
        }),
      );
    };
  }

  #complete(topic: string, { topics }: ClusterMetadata): boolean {
    const partitions = topics.get(topic)?.partitions;
    if (partitions === undefined) return false;
    const most = this.#partitions.get(topic) ?? 0;
    while (partitions.length < most) partitions.push({ ...GONE });
    this.#partitions.set(topic, partitions.length);
    return true;
  }
}
