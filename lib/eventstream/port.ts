/**
 * What the client needs of a Kafka library: the one interface behind which it is.
 *
 * @module
 */

import type { Partition } from "./observer.ts";
import type { OutgoingRecord, StreamRecord } from "./record.ts";

/** A broker of the cluster. */
export interface Broker {
  /** Its node id. */
  readonly id: number;
  /** Its host, as it advertises it. */
  readonly host: string;
  /** Its port. */
  readonly port: number;
}

/** A way to the cluster. Nothing connects before it is used. */
export interface KafkaPort {
  /** The brokers; those of one topic's partitions if it is named. */
  brokers(topic?: string): Promise<readonly Broker[]>;
  /** Something to send with. */
  producer(): ProducerPort;
  /** How many partitions a topic has; `undefined` if there is no such topic. */
  partitions(topic: string): Promise<number | undefined>;
  /** A member of a group, not joined yet. */
  consumer(options: ConsumerPortOptions): ConsumerPort;
  /** Ends connections. */
  close(): Promise<void>;
}

/** Sends records: confirmed by all replicas in sync, without doubles on retries. */
export interface ProducerPort {
  /** How many partitions a topic has; it is created if the cluster does so. */
  partitions(topic: string): Promise<number>;
  /**
   * Sends records of one partition, in order. To be called again for the partition only
   * when that is settled.
   *
   * @throws {PortError} They are not confirmed.
   */
  send(
    partition: Partition,
    records: readonly OutgoingRecord[],
    options?: { readonly compress?: boolean },
  ): Promise<void>;
  /** Ends connections; what is on its way fails. */
  close(): Promise<void>;
}

/** Options of {@linkcode KafkaPort.consumer}. */
export interface ConsumerPortOptions {
  /** The group's full id. */
  readonly groupId: string;
  /** Makes the member a static one, by this full name. */
  readonly groupInstanceId?: string;
  /** How the group is formed: by its members, or by the broker (KIP-848). */
  readonly groupProtocol: "classic" | "consumer";
  /** Topics by their full names; all exist. */
  readonly topics: readonly string[];
  /** How long a member may be silent, in milliseconds. */
  readonly sessionTimeout: number;
  /** How often a member speaks up, in milliseconds. */
  readonly heartbeatInterval: number;
}

/** Partitions that a member has, as long as the object is the same. */
export interface Assignment {
  /** Who it was given to: another member id means that the group forgot this one. */
  readonly memberId: string;
  /** The partitions. */
  readonly partitions: readonly Partition[];
}

/** A place in a partition, and in which log of that name it is one. */
export interface Place {
  /** The next record's offset. */
  readonly offset: bigint;
  /**
   * The topic's id: one that is deleted and created again has another. `undefined` where
   * it is not known.
   */
  readonly topicId?: string | undefined;
  /**
   * The leader epoch of the record before: by it a broker tells that its log was cut
   * back. `undefined` where it is not known.
   */
  readonly leaderEpoch?: number | undefined;
}

/** A partition, and a place in it. */
export interface Position extends Partition, Place {}

/** What came of a partition. */
export interface Fetched extends Partition {
  /** Records from the position on, in order. */
  readonly records: readonly StreamRecord[];
  /** The next position: behind the records, and behind what is hidden. */
  readonly next: bigint;
  /** The partition's end; unknown when there is an error. */
  readonly end: bigint | undefined;
  /** The leader epoch before {@linkcode next}; unknown if nothing was read. */
  readonly leaderEpoch?: number | undefined;
  /** Where the log was cut back to, if it was: what follows there is another. */
  readonly cut?: Place;
  /** Why nothing came of it. */
  readonly error?: PortError;
}

/** Options of {@linkcode ConsumerPort.fetch}. */
export interface FetchOptions {
  /** The broker to ask, as {@linkcode ConsumerPort.leaders} has it. */
  readonly node: number;
  /** Where to read on. */
  readonly positions: readonly Position[];
  /** How long the broker may wait for something to come, in milliseconds. */
  readonly maxWait: number;
}

/** A member of a group. */
export interface ConsumerPort {
  /** Joins the group. */
  join(): Promise<void>;
  /** Its partitions now; `undefined` while it has no say. */
  assignment(): Assignment | undefined;
  /** Calls `listener` when the assignment may be another, or is about to be. */
  onChange(listener: (change: ConsumerChange) => void): void;
  /**
   * What was committed of partitions, by {@linkcode partitionKey}. The topic's id is that
   * of the topic as it was then, and is known only if a client of ours has committed it,
   * on this cluster.
   */
  committed(
    partitions: readonly Partition[],
  ): Promise<ReadonlyMap<string, Place>>;
  /**
   * The ids of topics now, by their full names.
   *
   * @throws {PortError} With the code of {@linkcode NO_TOPIC}: one does not exist.
   */
  topicIds(
    topics: readonly string[],
  ): Promise<ReadonlyMap<string, string | undefined>>;
  /** Ends of partitions, by {@linkcode partitionKey}. */
  ends(
    partitions: readonly Partition[],
    end: "earliest" | "latest",
  ): Promise<ReadonlyMap<string, bigint>>;
  /** The brokers that lead partitions, by {@linkcode partitionKey}. */
  leaders(
    partitions: readonly Partition[],
  ): Promise<ReadonlyMap<string, number>>;
  /** Reads on. Only one call for a broker at a time. */
  fetch(options: FetchOptions): Promise<readonly Fetched[]>;
  /** Commits offsets as this member. */
  commit(positions: readonly Position[]): Promise<void>;
  /** Leaves the group and ends connections. */
  close(): Promise<void>;
}

/** What happens to a member. */
export type ConsumerChange =
  /** The group is about to distribute its partitions anew. */
  | { readonly type: "rebalancing" }
  /** The assignment may be another. */
  | { readonly type: "assigned" }
  /** The member cannot go on: a new one is needed. */
  | { readonly type: "failed"; readonly error: unknown };

/** What a broker says of a topic or partition that does not exist. */
export const NO_TOPIC = "UNKNOWN_TOPIC_OR_PARTITION";

/** What a Kafka library could not do. */
export class PortError extends Error {
  /** What logs call it. */
  override name = "PortError";
  /** Whether the same can work later. */
  readonly retryable: boolean;
  /** What the broker calls it, if it does. */
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

/** A partition's name in maps. */
export function partitionKey({ topic, partition }: Partition): string {
  return `${topic}:${partition}`;
}
