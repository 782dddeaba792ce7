/**
 * A group member, with @platformatic/kafka.
 *
 * The library's stream is not used: its buffer survives a rebalance, and one
 * full partition blocks all others. Instead one client is the member, and a
 * second one, which never joins, reads: on a shared connection, a long poll
 * would delay heartbeats and commits.
 *
 * @module
 */

import { Base, ListOffsetTimestamps } from "@platformatic/kafka";
import { commitMetadata, committedPlace } from "./commit_metadata.ts";
import type { ConnectionOptions } from "./connection.ts";
import type { Partition } from "./observer.ts";
import { assignPartitions } from "./platformatic_assigner.ts";
import { Client } from "./platformatic_client.ts";
import { baseOptions, portError } from "./platformatic_options.ts";
import {
  type FetchResponse,
  partialResponse,
  readFetched,
} from "./platformatic_records.ts";
import {
  type Assignment,
  type ConsumerChange,
  type ConsumerPort,
  type ConsumerPortOptions,
  partitionKey,
} from "./port.ts";

/** How long members have to rejoin when the group changes, in milliseconds. */
const REBALANCE_TIMEOUT = 20_000;
/**
 * The most bytes per partition in one answer; more only for a single longer
 * record.
 */
const MAX_PARTITION_BYTES = 262_144;
/** The most bytes in one answer. */
const MAX_FETCH_BYTES = 4_194_304;
/** The assignment protocol that members of all libraries know. */
const PROTOCOLS = [{ name: "roundrobin", version: 1 }];

/** Broker errors for a member whose partitions were given to others. */
const FORGOTTEN = new Set(["FENCED_MEMBER_EPOCH", "UNKNOWN_MEMBER_ID"]);

/** Creates a member that has not joined yet. */
export function createConsumerPort(
  connection: ConnectionOptions,
  options: ConsumerPortOptions,
): ConsumerPort {
  const { groupId, groupInstanceId, groupProtocol, sessionTimeout } = options;
  const topics = [...options.topics];
  const base = {
    ...baseOptions(connection),
    // No retries: the library's would nest, and would commit for lost
    // partitions.
    retries: 0,
    groupId,
    autocommit: false,
  };
  const rebalanceTimeout = Math.max(REBALANCE_TIMEOUT, sessionTimeout);
  const member = new Client({
    ...base,
    groupProtocol,
    ...(groupInstanceId !== undefined && { groupInstanceId }),
    sessionTimeout,
    rebalanceTimeout,
    heartbeatInterval: options.heartbeatInterval,
    protocols: PROTOCOLS,
    partitionAssigner: assignPartitions,
    // A join takes as long as the slowest member.
    requestTimeout: rebalanceTimeout + 10_000,
  });
  const reader = new Client(base);
  member.topics.trackAll(...topics);
  reader.topics.trackAll(...topics);

  const listeners: ((change: ConsumerChange) => void)[] = [];
  const tell = (change: ConsumerChange) =>
    listeners.forEach((listener) => listener(change));
  let aliveAt = -Infinity;
  const onAlive = () => {
    aliveAt = performance.now();
    tell({ type: "assigned" });
  };
  member.on("consumer:group:join", onAlive);
  member.on("consumer:heartbeat:end", onAlive);
  member.on("consumer:group:rebalance", () => tell({ type: "rebalancing" }));
  member.on("consumer:heartbeat:stalled", ({ lastError }) => {
    const error = portError("Group coordinator does not answer", lastError);
    tell({ type: "failed", error });
  });
  member.on("consumer:heartbeat:error", ({ error }) => {
    // Members of the classic protocol rejoin by themselves. For the other
    // protocol, the library can only start again without its earlier state.
    const lost = portError("Group has forgotten its member", error);
    if (groupProtocol === "consumer" && FORGOTTEN.has(lost.code ?? "")) {
      tell({ type: "failed", error: lost });
    }
  });
  // The library reports a failed join by this event, which is missing in its
  // types.
  for (const client of [member, reader]) {
    client.on(
      "error" as "client:close",
      ((error: unknown) => {
        tell({ type: "failed", error: portError("Group is lost", error) });
      }) as () => void,
    );
  }

  let seen: typeof member.assignments = null;
  let current: Assignment | undefined;

  async function attempt<T>(what: string, work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      throw portError(what, error);
    }
  }

  return {
    async join() {
      await attempt(
        `Group "${groupId}" cannot be joined`,
        groupProtocol === "classic"
          ? member.joinGroup().then(() => {})
          : joinByStream(),
      );
    },
    assignment() {
      const { assignments, memberId } = member;
      const isSilent = performance.now() - aliveAt > sessionTimeout;
      if (isSilent || !member.isActive() || !assignments || !memberId) {
        return undefined;
      }
      if (seen !== assignments || current?.memberId !== memberId) {
        seen = assignments;
        current = {
          memberId,
          partitions: assignments.flatMap(({ topic, partitions }) =>
            partitions.map((partition) => ({ topic, partition }))
          ),
        };
      }
      return current;
    },
    onChange(listener) {
      listeners.push(listener);
    },
    async committed(partitions) {
      const found = await attempt(
        "Committed offsets cannot be read",
        member.readCommitted(byTopic(partitions)),
      );
      const { clusterId } = reader;
      return new Map(partitions.flatMap((each) => {
        const key = partitionKey(each);
        const place = committedPlace(found.get(key), clusterId);
        return place === undefined ? [] : [[key, place]];
      }));
    },
    async topicIds(names) {
      const metadata = await attempt(
        "Topics cannot be read",
        reader.metadata({ topics: [...names], forceUpdate: true }),
      );
      return new Map(
        names.map((name) => [name, metadata.topics.get(name)?.id]),
      );
    },
    async ends(partitions, end) {
      const wanted = byTopic(partitions);
      const found = await attempt(
        "Ends of partitions cannot be read",
        reader.listOffsets({
          topics: wanted.map(({ topic }) => topic),
          partitions: Object.fromEntries(
            wanted.map(({ topic, partitions }) => [topic, partitions]),
          ),
          timestamp: end === "earliest"
            ? ListOffsetTimestamps.EARLIEST
            : ListOffsetTimestamps.LATEST,
        }),
      );
      return pick(partitions, found);
    },
    async leaders(partitions) {
      const metadata = await attempt(
        "Leaders of partitions cannot be read",
        reader.metadata({ topics: [...topics] }),
      );
      return new Map(partitions.flatMap((each) => {
        const leader = metadata.topics.get(each.topic)
          ?.partitions[each.partition]?.leader;
        return leader === undefined || !metadata.brokers.has(leader)
          ? []
          : [[partitionKey(each), leader]];
      }));
    },
    async fetch({ node, positions, maxWait }) {
      const metadata = await attempt(
        "Topics cannot be read",
        reader.metadata({ topics: [...topics] }),
      );
      const names = new Map(
        [...metadata.topics].map(([name, { id }]) => [id, name]),
      );
      const isFetchById = await attempt(
        "Brokers' API versions cannot be read",
        reader.isFetchById(),
      );
      const request = positions.flatMap((position) => {
        const { topic, partition, offset, leaderEpoch = -1 } = position;
        // Not the name's current id: the offset belongs to the log with this
        // id.
        const topicId = position.topicId ?? metadata.topics.get(topic)?.id;
        if (topicId === undefined) return [];
        names.set(topicId, topic);
        return [{
          topicId,
          partitions: [{
            partition,
            fetchOffset: offset,
            currentLeaderEpoch: -1,
            lastFetchedEpoch: isFetchById ? leaderEpoch : -1,
            partitionMaxBytes: MAX_PARTITION_BYTES,
          }],
        }];
      });
      let response: FetchResponse;
      try {
        response = await reader.fetch({
          node,
          topics: request,
          minBytes: 1,
          maxBytes: MAX_FETCH_BYTES,
          maxWaitTime: maxWait,
        });
      } catch (error) {
        // Leaders move: whatever the error was, refresh the metadata next time.
        reader.clearMetadata();
        response = partialResponse(error);
      }
      return readFetched(response, { names, positions });
    },
    async commit(positions) {
      await attempt(
        "Offsets cannot be committed",
        member.commitWith(
          positions,
          commitMetadata(positions, reader.clusterId),
        ),
      );
    },
    async close() {
      listeners.length = 0;
      await Promise.all([closeMember(), reader.close(true)]);
    },
  };

  /**
   * Only the library's stream can join by the broker's protocol; nothing is
   * read from it.
   */
  async function joinByStream(): Promise<void> {
    const stream = await member.consume({
      topics: [...topics],
      mode: "committed",
      fallbackMode: "earliest",
    });
    stream.on("error", () => {});
    await stream.close();
  }

  async function closeMember(): Promise<void> {
    try {
      await member.close(true);
    } catch {
      // It could not leave; the group will notice. The connections are closed
      // anyway.
      await Base.prototype.close.call(member);
    }
  }
}

function byTopic(
  partitions: readonly Partition[],
): { readonly topic: string; readonly partitions: number[] }[] {
  return [...Map.groupBy(partitions, ({ topic }) => topic)].map(
    ([topic, each]) => ({
      topic,
      partitions: each.map(({ partition }) => partition),
    }),
  );
}

/** Offsets of the partitions that have one. */
function pick(
  partitions: readonly Partition[],
  found: ReadonlyMap<string, readonly bigint[]>,
): ReadonlyMap<string, bigint> {
  return new Map(partitions.flatMap((each) => {
    const offset = found.get(each.topic)?.[each.partition];
    return offset === undefined || offset < 0n
      ? []
      : [[partitionKey(each), offset]];
  }));
}
