/**
 * The interface to a Kafka library.
 *
 * @module
 */

import type { Partition } from "./observer.ts";
import type { OutgoingRecord, StreamRecord } from "./record.ts";

/** A broker of the cluster. */
export interface Broker {
  /** Its node id. */
  readonly id: number;
  /** Its advertised host. */
  readonly host: string;
  /** Its port. */
  readonly port: number;
}

/** Access to a cluster. Nothing connects until it is first used. */
export interface KafkaPort {
  /** The brokers; with a topic, those of its partitions. */
  brokers(topic?: string): Promise<readonly Broker[]>;
  /** Creates a producer. */
  producer(): ProducerPort;
  /** How many partitions a topic has; `undefined` if there is no such topic. */
  partitions(topic: string): Promise<number | undefined>;
  /** Creates a group member that has not joined yet. */
  consumer(options: ConsumerPortOptions): ConsumerPort;
  /** Closes connections. */
  close(): Promise<void>;
}

/**
 * Sends records: confirmed by all in-sync replicas, without duplicates on
 * retries.
 */
export interface ProducerPort {
  /**
   * How many partitions a topic has. The topic is created if the cluster allows
   * it.
   */
  partitions(topic: string): Promise<number>;
  /**
   * Sends records of one partition, in order. Call it again for the partition
   * only after it has settled.
   *
   * @throws {PortError} They were not confirmed.
   */
  send(
    partition: Partition,
    records: readonly OutgoingRecord[],
    options?: { readonly compress?: boolean },
  ): Promise<void>;
  /** Closes connections; batches in flight fail. */
  close(): Promise<void>;
}

/** Options of {@linkcode KafkaPort.consumer}. */
export interface ConsumerPortOptions {
  /** The group's full id. */
  readonly groupId: string;
  /** Makes the member static, with this full name. */
  readonly groupInstanceId?: string;
  /** Who forms the group: its members or the broker (KIP-848). */
  readonly groupProtocol: "classic" | "consumer";
  /** Full names of topics; all exist. */
  readonly topics: readonly string[];
  /** How long a member may be silent, in milliseconds. */
  readonly sessionTimeout: number;
  /** The heartbeat interval, in milliseconds. */
  readonly heartbeatInterval: number;
}

/** A member's partitions; a new object after each change. */
export interface Assignment {
  /** The member id: a different one means that the group forgot this member. */
  readonly memberId: string;
  /** The partitions. */
  readonly partitions: readonly Partition[];
}

/** A position in a partition, and the log that it belongs to. */
export interface Place {
  /** The next record's offset. */
  readonly offset: bigint;
  /**
   * The topic's id, which changes when a topic is recreated. `undefined` if
   * unknown.
   */
  readonly topicId?: string | undefined;
  /**
   * The leader epoch of the record before it, by which a broker detects
   * truncation. `undefined` if unknown.
   */
  readonly leaderEpoch?: number | undefined;
}

/** A partition with a position. */
export interface Position extends Partition, Place {}

/** The result for one partition. */
export interface Fetched extends Partition {
  /** Records from the position on, in order. */
  readonly records: readonly StreamRecord[];
  /** The next position: after the records, and after hidden ones. */
  readonly next: bigint;
  /** The partition's end; unknown after an error. */
  readonly end: bigint | undefined;
  /** The leader epoch before {@linkcode next}; unknown if nothing was read. */
  readonly leaderEpoch?: number | undefined;
  /**
   * Where the log was truncated, if it was: other records follow from there.
   */
  readonly cut?: Place;
  /** Why there is no result. */
  readonly error?: PortError;
}

/** Options of {@linkcode ConsumerPort.fetch}. */
export interface FetchOptions {
  /** The broker, from {@linkcode ConsumerPort.leaders}. */
  readonly node: number;
  /** Where to continue reading. */
  readonly positions: readonly Position[];
  /** How long the broker may wait for new records, in milliseconds. */
  readonly maxWait: number;
}

/** A member of a group. */
export interface ConsumerPort {
  /** Joins the group. */
  join(): Promise<void>;
  /** Its current partitions; `undefined` during a rebalance. */
  assignment(): Assignment | undefined;
  /** Calls `listener` when the assignment may have changed or is about to. */
  onChange(listener: (change: ConsumerChange) => void): void;
  /**
   * The committed positions of partitions, by {@linkcode partitionKey}. The
   * topic id is that at the time of the commit, and is known only if a client
   * of ours committed it on this cluster.
   */
  committed(
    partitions: readonly Partition[],
  ): Promise<ReadonlyMap<string, Place>>;
  /**
   * The current ids of topics, by their full names.
   *
   * @throws {PortError} With code {@linkcode NO_TOPIC}: a topic does not exist.
   */
  topicIds(
    topics: readonly string[],
  ): Promise<ReadonlyMap<string, string | undefined>>;
  /** End offsets of partitions, by {@linkcode partitionKey}. */
  ends(
    partitions: readonly Partition[],
    end: "earliest" | "latest",
  ): Promise<ReadonlyMap<string, bigint>>;
  /** The leaders of partitions, by {@linkcode partitionKey}. */
  leaders(
    partitions: readonly Partition[],
  ): Promise<ReadonlyMap<string, number>>;
  /** Fetches records. Only one call per broker at a time. */
  fetch(options: FetchOptions): Promise<readonly Fetched[]>;
  /** Commits offsets as this member. */
  commit(positions: readonly Position[]): Promise<void>;
  /** Leaves the group and closes connections. */
  close(): Promise<void>;
}

/** A change of a member's state. */
export type ConsumerChange =
  /** The group is about to rebalance. */
  | { readonly type: "rebalancing" }
  /** The assignment may have changed. */
  | { readonly type: "assigned" }
  /** The member cannot continue: a new one is needed. */
  | { readonly type: "failed"; readonly error: unknown };

/** The broker's error for a topic or partition that does not exist. */
export const NO_TOPIC = "UNKNOWN_TOPIC_OR_PARTITION";

/** An operation of the Kafka library failed. */
export class PortError extends Error {
  /** What logs call it. */
  override name = "PortError";
  /** Whether a retry can succeed. */
  readonly retryable: boolean;
  /** The broker's error code, if any. */
  readonly code: string | undefined;

  /** Creates the error; `cause` keeps what led to it. */
  constructor(
    message: string,
    options: ErrorOptions & {
      readonly retryable: boolean;
      readonly code?: string | undefined;
    },
  ) {
    super(message, options);
    this.retryable = options.retryable;
    this.code = options.code;
  }
}

/** The key of a partition in maps. */
export function partitionKey({ topic, partition }: Partition): string {
  return `${topic}:${partition}`;
}
