/**
 * Protects the library from changes of topics. If a topic is recreated with
 * fewer partitions, or another request drops it from the cache, the library
 * reads properties of `undefined` in a callback, which crashes the process.
 *
 * @module
 */

import {
  type Callback,
  type ClusterMetadata,
  NetworkError,
} from "@platformatic/kafka";

/** A partition that no longer exists: the library requests its leader again. */
const GONE = {
  leader: -1,
  leaderEpoch: -1,
  replicas: [],
  isr: [],
  offlineReplicas: [],
};

/** Guards the metadata of one client. */
export class MetadataGuard {
  /**
   * The most partitions that each topic ever had: running requests may name
   * them.
   */
  readonly #partitions = new Map<string, number>();

  /**
   * Wraps a callback so that it gets metadata that the library can handle, or
   * an error.
   */
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
        new NetworkError(`Topic "${unknown}" has to be requested again`, {
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
