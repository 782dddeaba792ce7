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
  NO_TOPIC,
  partitionKey,
  type Place,
  PortError,
  type Position,
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
  /** Adds a topic; one of that name that was there is gone, with all that it had. */
  addTopic(topic: string, partitions: number): void;
  /** Cuts a partition's log back, as a leader does that was behind. */
  cut(partition: Partition, length: number): void;
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
  const ids = new Map<string, string>();
  /** Where logs were cut back to, and the epoch that ended there, by partition key. */
  const cuts = new Map<string, Required<Place>>();
  const committed = new Map<string, bigint>();
  const committedIds = new Map<string, string | undefined>();
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
    const key = partitionKey(partition);
    const log = logs.get(key) ?? [];
    const leaderEpoch = (cuts.get(key)?.leaderEpoch ?? 0) + 1;
    for (const record of records) {
      log.push({
        headers: [],
        timestamp: 0n,
        ...record,
        ...partition,
        offset: BigInt(log.length),
        leaderEpoch,
      });
    }
    logs.set(key, log);
    tellAll();
  }

  function errorOf({ topicId, offset, ...place }: Position) {
    const key = partitionKey(place);
    const end = BigInt(logs.get(key)?.length ?? 0);
    const code = topicId !== ids.get(place.topic)
      ? "UNKNOWN_TOPIC_ID"
      : offset < (beginnings.get(key) ?? 0n) || offset > end
      ? "OFFSET_OUT_OF_RANGE"
      : undefined;
    return code === undefined
      ? broken.get(key)
      : new PortError("Gone", { retryable: true, code });
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
      committed: () =>
        Promise.resolve(
          new Map(
            [...committed].map(([key, offset]) => [
              key,
              { offset, topicId: committedIds.get(key) },
            ]),
          ),
        ),
      topicIds(names: readonly string[]) {
        return names.every((name) => topics.has(name))
          ? Promise.resolve(new Map(names.map((name) => [name, ids.get(name)])))
          : Promise.reject(
            new PortError("No topic", { retryable: true, code: NO_TOPIC }),
          );
      },
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
          positions.flatMap((position): Fetched[] => {
            const { topic, partition, offset } = position;
            const place = { topic, partition };
            const log = logs.get(partitionKey(place)) ?? [];
            const end = BigInt(log.length);
            const error = errorOf(position);
            if (error !== undefined) {
              return [{
                ...place,
                records: [],
                next: offset,
                end: undefined,
                error,
              }];
            }
            const cut = cuts.get(partitionKey(place));
            const isCut = cut !== undefined && offset > cut.offset &&
              position.leaderEpoch === cut.leaderEpoch;
            if (isCut) {
              return [{ ...place, records: [], next: offset, end, cut }];
            }
            const records = log.slice(Number(offset));
            const leaderEpoch = records.at(-1)?.leaderEpoch;
            return records.length === 0
              ? []
              : [{ ...place, records, next: end, end, leaderEpoch }];
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
      commit(positions: readonly Position[]) {
        const error = kafka.failCommit;
        kafka.failCommit = undefined;
        if (error !== undefined) return Promise.reject(error);
        for (const each of positions) {
          committed.set(partitionKey(each), each.offset);
          committedIds.set(partitionKey(each), each.topicId);
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
    addTopic(topic, partitions) {
      for (const key of logs.keys()) {
        if (key.startsWith(`${topic}:`)) logs.delete(key);
      }
      topics.set(topic, partitions);
      ids.set(topic, crypto.randomUUID());
      tellAll();
    },
    cut(partition, length) {
      const key = partitionKey(partition);
      const log = logs.get(key) ?? [];
      const { topicId = "" } = { topicId: ids.get(partition.topic) };
      const leaderEpoch = log.at(-1)?.leaderEpoch ?? 0;
      log.length = length;
      cuts.set(key, { topicId, offset: BigInt(length), leaderEpoch });
      tellAll();
    },
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
