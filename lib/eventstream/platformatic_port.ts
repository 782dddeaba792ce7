/**
 * The cluster, with @platformatic/kafka. Import it on demand: the library takes
 * time and memory to load.
 *
 * @module
 */

import { Base } from "@platformatic/kafka";
import type { ConnectionOptions } from "./connection.ts";
import { createConsumerPort } from "./platformatic_consumer.ts";
import {
  baseOptions,
  isUnknownTopic,
  portError,
} from "./platformatic_options.ts";
import { createProducerPort } from "./platformatic_producer.ts";
import { type KafkaPort, PortError } from "./port.ts";

/** Creates access to the cluster. Nothing connects yet. */
export function createPlatformaticPort(options: ConnectionOptions): KafkaPort {
  const client = new Base({ ...baseOptions(options), autocreateTopics: false });

  async function metadata(topic?: string) {
    try {
      return await client.metadata({
        topics: topic === undefined ? [] : [topic],
        forceUpdate: true,
      });
    } catch (error) {
      if (isUnknownTopic(error)) return undefined;
      throw portError("Cluster metadata cannot be read", error);
    }
  }

  return {
    async brokers(topic) {
      const found = await metadata(topic);
      if (found === undefined) {
        throw new PortError(`Topic "${topic}" does not exist`, {
          retryable: true,
        });
      }
      const partitions = topic === undefined
        ? undefined
        : found.topics.get(topic)?.partitions;
      const used = partitions?.flatMap(({ replicas }) => replicas);
      return [...found.brokers]
        .filter(([id]) => used === undefined || used.includes(id))
        .map(([id, { host, port }]) => ({ id, host, port }));
    },
    async partitions(topic) {
      return (await metadata(topic))?.topics.get(topic)?.partitionsCount;
    },
    producer: () => createProducerPort(options),
    consumer: (consumer) => createConsumerPort(options, consumer),
    close: () => client.close(),
  };
}
