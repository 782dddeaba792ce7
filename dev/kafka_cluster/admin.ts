/**
 * What the operator of a cluster does to topics and groups.
 *
 * @module
 */

import {
  AclOperations,
  AclPermissionTypes,
  Admin,
  ConfigResourceTypes,
  IncrementalAlterConfigOperationTypes,
  offsetCommitV9,
  offsetFetchV9,
  ResourcePatternTypes,
  ResourceTypes,
} from "@platformatic/kafka";
import { until } from "../until.ts";

/** Options of {@linkcode KafkaAdmin.createTopic}. */
export interface TopicOptions {
  /** How many partitions. @default {4} */
  readonly partitions?: number;
  /** The brokers of each partition, by number. @default {the cluster's choice} */
  readonly brokers?: readonly number[];
  /** Its settings, by Kafka's names. */
  readonly configs?: Readonly<Record<string, string>>;
}

/** What a group has committed of a partition. */
export interface GroupOffset {
  /** The partition, from 0. */
  readonly partition: number;
  /** The next record's offset. */
  readonly offset: bigint;
  /** What the committer wrote beside it. */
  readonly metadata?: string | null;
}

/** An operator. */
export interface KafkaAdmin extends AsyncDisposable {
  /** Creates a topic, and waits until its partitions have leaders. @returns Its id. */
  createTopic(topic: string, options?: TopicOptions): Promise<string>;
  /** Changes settings of a topic. */
  setTopicConfigs(
    topic: string,
    configs: Readonly<Record<string, string>>,
  ): Promise<void>;
  /** Forbids everybody to write to a topic, or not any more. */
  forbidWriting(topic: string, isForbidden: boolean): Promise<void>;
  /** Deletes a topic, and waits until it is gone. */
  deleteTopic(topic: string): Promise<void>;
  /** Deletes the records of a partition before an offset, as retention does. */
  deleteRecords(
    topic: string,
    place: Pick<GroupOffset, "partition" | "offset">,
  ): Promise<void>;
  /** What a group has committed; only those of partitions that have something. */
  offsets(group: string, topic: string): Promise<readonly GroupOffset[]>;
  /** Commits for a group that has no members. */
  setOffsets(
    group: string,
    topic: string,
    offsets: readonly GroupOffset[],
  ): Promise<void>;
}

/** Connects when it is used. */
export function kafkaAdmin(brokers: readonly string[]): KafkaAdmin {
  const admin = new Admin({
    clientId: "operator",
    bootstrapBrokers: [...brokers],
    // A controller that has just moved says so, and is asked again.
    retries: 10,
    retryDelay: 200,
  });

  /** `undefined` if there is no such topic. */
  async function topicOf(topic: string) {
    try {
      const { topics } = await admin.metadata({
        topics: [topic],
        forceUpdate: true,
        retries: 0,
      });
      return topics.get(topic);
    } catch (error) {
      if (String(error).includes("Unknown topic")) return undefined;
      throw error;
    }
  }

  async function coordinatorOf(group: string) {
    return await until("the group's coordinator", async () => {
      const [found] = await admin.findCoordinator({
        keyType: 0,
        keys: [group],
      });
      if (found === undefined) return undefined;
      const connections = await admin.connectToBrokers([found.nodeId]);
      return connections.get(found.nodeId);
    });
  }

  return {
    async createTopic(topic, { partitions = 4, brokers, configs = {} } = {}) {
      await admin.createTopics({
        topics: [
          brokers === undefined ? { topic, partitions } : {
            topic,
            partitions: -1,
            replicas: -1,
            assignments: Array.from(
              { length: partitions },
              (_, partition) => ({ partition, brokers: [...brokers] }),
            ),
          },
        ],
        configs: Object.entries(configs).map(([name, value]) => ({
          name,
          value,
        })),
      });
      return await until(`leaders of ${topic}`, async () => {
        const found = await topicOf(topic);
        const isLed = found?.partitions.every(({ leader }) => leader >= 0);
        return isLed ? found?.id : undefined;
      });
    },
    async setTopicConfigs(topic, configs) {
      await admin.incrementalAlterConfigs({
        resources: [{
          resourceType: ConfigResourceTypes.TOPIC,
          resourceName: topic,
          configs: Object.entries(configs).map(([name, value]) => ({
            name,
            value,
            configOperation: IncrementalAlterConfigOperationTypes.SET,
          })),
        }],
      });
    },
    async forbidWriting(topic, isForbidden) {
      const acl = {
        resourceType: ResourceTypes.TOPIC,
        resourceName: topic,
        resourcePatternType: ResourcePatternTypes.LITERAL,
        principal: "User:*",
        host: "*",
        operation: AclOperations.WRITE,
        permissionType: AclPermissionTypes.DENY,
      };
      await (isForbidden
        ? admin.createAcls({ creations: [acl] })
        : admin.deleteAcls({ filters: [acl] }));
    },
    async deleteTopic(topic) {
      await admin.deleteTopics({ topics: [topic] });
      await until(
        `the end of ${topic}`,
        async () => await topicOf(topic) === undefined || undefined,
      );
    },
    async deleteRecords(topic, { partition, offset }) {
      await admin.deleteRecords({
        topics: [{ name: topic, partitions: [{ partition, offset }] }],
      });
    },
    async offsets(group, topic) {
      const { partitionsCount = 0 } = await topicOf(topic) ?? {};
      const { groups } = await offsetFetchV9.api.async(
        await coordinatorOf(group),
        [{
          groupId: group,
          memberId: null,
          memberEpoch: -1,
          topics: [{
            name: topic,
            partitionIndexes: Array.from(
              { length: partitionsCount },
              (_, index) => index,
            ),
          }],
        }],
        true,
      );
      return groups.flatMap(({ topics }) => topics)
        .flatMap(({ partitions }) => partitions)
        .filter(({ committedOffset }) => committedOffset >= 0n)
        .map(({ partitionIndex, committedOffset, metadata }) => ({
          partition: partitionIndex,
          offset: committedOffset,
          metadata: metadata ?? null,
        }));
    },
    async setOffsets(group, topic, offsets) {
      const partitions = offsets.map(({ partition, offset, metadata }) => ({
        partitionIndex: partition,
        committedOffset: offset,
        committedLeaderEpoch: -1,
        committedMetadata: metadata ?? null,
      }));
      await offsetCommitV9.api.async(
        await coordinatorOf(group),
        group,
        -1,
        "",
        null,
        [{ name: topic, partitions }],
      );
    },
    [Symbol.asyncDispose]: () => admin.close(),
  };
}
