/**
 * A Kafka in memory, whose group does what a test says.
 *
 * @module
 */

import type { Partition } from "../../lib/eventstream/observer.ts";
import {
  type Assignment,
  type ConsumerChange,
  type Fetched,
  type FetchOptions,
  type KafkaPort,
  partitionKey,
  PortError,
} from "../../lib/eventstream/port.ts";
import type {
  OutgoingRecord,
  StreamRecord,
} from "../../lib/eventstream/record.ts";

/** A member of the group, in the hands of a test. */
export interface FakeMember {
  /** Gives it partitions. @param memberId Another one means that it was forgotten. */
  assign(partitions: readonly Partition[], memberId?: string): void;
  /** The group begins to distribute anew: it has no say until `assign`. */
  rebalance(): void;
  /** It cannot go on. */
  fail(error: PortError): void;
  /** Whether it has left. */
  readonly isClosed: boolean;
}

/** A Kafka in memory. */
export interface FakeKafka {
  /** The way to it. */
  readonly port: KafkaPort;
  /** Members in the order in which they joined. */
  readonly members: readonly FakeMember[];
  /** Committed offsets, by partition key. */
  readonly committed: Map<string, bigint>;
  /** Why partitions cannot be read, by partition key. */
  readonly broken: Map<string, PortError>;
  /** Where partitions begin that do not any more at 0, by partition key. */
  readonly beginnings: Map<string, bigint>;
  /** What is thrown by the next commit. */
  failCommit: PortError | undefined;
  /** Adds a topic. */
  addTopic(topic: string, partitions: number): void;
  /** Adds records to a partition. */
  append(partition: Partition, records: readonly OutgoingRecord[]): void;
  /** All records of a partition. */
  records(partition: Partition): readonly StreamRecord[];
  /** Waits until there are so many members. */
  joined(count: number): Promise<FakeMember>;
}

/** Makes a Kafka without topics. */
export function createFakeKafka(): FakeKafka {
  const logs = new Map<string, StreamRecord[]>();
  const topics = new Map<string, number>();
  const committed = new Map<string, bigint>();
  const broken = new Map<string, PortError>();
  const beginnings = new Map<string, bigint>();
  const members: FakeMember[] = [];
  /** Told when there is more to read, or a reader has ended. */
  let waiting: (() => void)[] = [];
  const joining: (() => void)[] = [];
  const tellAll = () => {
    const told = waiting;
    waiting = [];
    for (const tell of told) tell();
  };

  function append(
    partition: Partition,
    records: readonly OutgoingRecord[],
  ): void {
    const log = logs.get(partitionKey(partition)) ?? [];
    for (const record of records) {
      log.push({
        headers: [],
        timestamp: 0n,
        ...record,
        ...partition,
        offset: BigInt(log.length),
      });
    }
    logs.set(partitionKey(partition), log);
    tellAll();
  }

  function errorOf(place: Partition, offset: bigint): PortError | undefined {
    const key = partitionKey(place);
    return offset < (beginnings.get(key) ?? 0n)
      ? new PortError("Gone", { retryable: true, code: "OFFSET_OUT_OF_RANGE" })
      : broken.get(key);
  }

  function consumer() {
    let assignment: Assignment | undefined;
    let isClosed = false;
    const listeners: ((change: ConsumerChange) => void)[] = [];
    const tell = (change: ConsumerChange) => {
      listeners.forEach((listener) => listener(change));
      tellAll();
    };
    const member: FakeMember = {
      assign(partitions, memberId = "member") {
        assignment = { memberId, partitions };
        tell({ type: "assigned" });
      },
      rebalance() {
        tell({ type: "rebalancing" });
        assignment = undefined;
      },
      fail: (error) => tell({ type: "failed", error }),
      get isClosed() {
        return isClosed;
      },
    };
    return {
      join() {
        members.push(member);
        joining.splice(0).forEach((joined) => joined());
        return Promise.resolve();
      },
      assignment: () => assignment,
      onChange: (listener: (change: ConsumerChange) => void) =>
        void listeners.push(listener),
      committed: () => Promise.resolve(committed),
      ends(partitions: readonly Partition[], end: "earliest" | "latest") {
        return Promise.resolve(
          new Map(partitions.map((each) => {
            const length = logs.get(partitionKey(each))?.length ?? 0;
            return [
              partitionKey(each),
              end === "earliest"
                ? beginnings.get(partitionKey(each)) ?? 0n
                : BigInt(length),
            ];
          })),
        );
      },
      leaders: (partitions: readonly Partition[]) =>
        Promise.resolve(
          new Map(partitions.map((each) => [partitionKey(each), 1])),
        ),
      async fetch(
        { positions, maxWait }: FetchOptions,
      ): Promise<readonly Fetched[]> {
        const read = () =>
          positions.flatMap(({ topic, partition, offset }): Fetched[] => {
            const place = { topic, partition };
            const log = logs.get(partitionKey(place)) ?? [];
            const end = BigInt(log.length);
            const error = errorOf(place, offset);
            if (error !== undefined) {
              return [{
                ...place,
                records: [],
                next: offset,
                end: undefined,
                error,
              }];
            }
            const records = log.slice(Number(offset));
            return records.length === 0
              ? []
              : [{ ...place, records, next: end, end }];
          });
        if (read().length === 0 && !isClosed) {
          const { promise, resolve } = Promise.withResolvers<void>();
          waiting.push(resolve);
          const timer = setTimeout(resolve, maxWait);
          await promise;
          clearTimeout(timer);
        }
        return read();
      },
      commit(positions: readonly (Partition & { offset: bigint })[]) {
        const error = kafka.failCommit;
        kafka.failCommit = undefined;
        if (error !== undefined) return Promise.reject(error);
        for (const each of positions) {
          committed.set(partitionKey(each), each.offset);
        }
        return Promise.resolve();
      },
      close() {
        isClosed = true;
        tellAll();
        return Promise.resolve();
      },
    };
  }

  const kafka: FakeKafka = {
    members,
    committed,
    broken,
    beginnings,
    failCommit: undefined,
    addTopic: (topic, partitions) => void topics.set(topic, partitions),
    append,
    records: (partition) => logs.get(partitionKey(partition)) ?? [],
    async joined(count) {
      for (;;) {
        const member = members[count - 1];
        if (member !== undefined) return member;
        await new Promise<void>((resolve) => joining.push(resolve));
      }
    },
    port: {
      brokers: () => Promise.resolve([]),
      partitions: (topic) => Promise.resolve(topics.get(topic)),
      producer: () => ({
        partitions: () => Promise.resolve(1),
        send(partition, records) {
          append(partition, records);
          return Promise.resolve();
        },
        close: () => Promise.resolve(),
      }),
      consumer,
      close: () => Promise.resolve(),
    },
  };
  return kafka;
}
