/**
 * Records of a partition.
 *
 * @module
 */

/** A header. Names can repeat, and Kafka keeps their order. */
export type RecordHeader = readonly [name: string, value: Uint8Array];

/** What is written to a partition. */
export interface OutgoingRecord {
  /**
   * Decides the partition, and so the order; absent or empty: any partition.
   */
  readonly key?: Uint8Array;
  /** Its content; absent for a tombstone. */
  readonly value?: Uint8Array;
  /** The headers. @default {none} */
  readonly headers?: readonly RecordHeader[];
  /** Its timestamp, in milliseconds since the epoch. @default {now} */
  readonly timestamp?: bigint;
}

/** What is read from a partition. */
export interface StreamRecord extends OutgoingRecord {
  /** The topic's full name. */
  readonly topic: string;
  /** The partition, from 0. */
  readonly partition: number;
  /** Its offset in the partition. */
  readonly offset: bigint;
  /** The leader epoch in which it was written, if the broker says so. */
  readonly leaderEpoch?: number;
  /** The headers. */
  readonly headers: readonly RecordHeader[];
  /** Its timestamp, in milliseconds since the epoch. */
  readonly timestamp: bigint;
}
