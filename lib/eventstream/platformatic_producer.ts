/**
 * A producer, with @platformatic/kafka.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import {
  type Callback,
  type ClusterMetadata,
  kMetadata,
  type MessageToProduce,
  type MetadataOptions,
  Producer,
} from "@platformatic/kafka";
import type { ConnectionOptions } from "./connection.ts";
import { MetadataGuard } from "./platformatic_metadata.ts";
import { baseOptions, portError } from "./platformatic_options.ts";
import { PortError, type ProducerPort } from "./port.ts";
import type { OutgoingRecord } from "./record.ts";

/**
 * Retries under one producer id and sequence, by which the broker recognises
 * duplicates.
 */
const RETRIES = 30;
/**
 * The longest delay between retries, in milliseconds: all of them together
 * cover a failover.
 */
const MAX_RETRY_DELAY = 1_000;
/** How long a broker may wait for its replicas, in milliseconds. */
const ACK_TIMEOUT = 20_000;
/** How long metadata is cached, in milliseconds. Errors renew it sooner. */
const METADATA_MAX_AGE = 300_000;

/** The library's producer, protected from topics that change. */
class SafeProducer extends Producer {
  readonly #guard = new MetadataGuard();

  /** The library's hook for metadata of topics and brokers. */
  override [kMetadata](
    options: MetadataOptions,
    callback: Callback<ClusterMetadata>,
  ): void {
    super[kMetadata](
      options,
      this.#guard.wrap(options.topics ?? [], callback),
    );
  }
}

/** Creates a producer: idempotent, confirmed by all in-sync replicas. */
export function createProducerPort(options: ConnectionOptions): ProducerPort {
  const producer = new SafeProducer({
    ...baseOptions(options),
    idempotent: true,
    autocreateTopics: true,
    timeout: ACK_TIMEOUT,
    metadataMaxAge: METADATA_MAX_AGE,
    retries: RETRIES,
    retryDelay: (_client, _operation, attempt) =>
      Math.min(MAX_RETRY_DELAY, 50 * 2 ** attempt),
  });
  let failures = 0;
  return {
    async partitions(topic) {
      try {
        const { topics } = await producer.metadata({
          topics: [topic],
          autocreateTopics: true,
          forceUpdate: true,
          retries: 0,
        });
        const count = topics.get(topic)?.partitionsCount ?? 0;
        if (count > 0) return count;
      } catch (error) {
        throw portError(`Partitions of "${topic}" cannot be counted`, error);
      }
      throw new PortError(`Topic "${topic}" has no partitions yet`, {
        retryable: true,
      });
    },
    async send({ topic, partition }, records, { compress = false } = {}) {
      const failuresBefore = failures;
      try {
        await producer.send({
          messages: records.map((each) => toMessage(each, topic, partition)),
          ...(compress && { compression: "gzip" }),
        });
      } catch (error) {
        failures++;
        throw portError(`Records for "${topic}" were not confirmed`, error);
      }
      // When one batch fails, the library restarts the sequences of all
      // partitions. A batch in flight can then have a used sequence number,
      // which a broker confirms without storing the records.
      if (failures !== failuresBefore) {
        throw new PortError(
          `Records for "${topic}" were sent while the producer was reset`,
          { retryable: true },
        );
      }
    },
    close: () => producer.close(true),
  };
}

function toMessage(
  { key, value, headers, timestamp }: OutgoingRecord,
  topic: string,
  partition: number,
): MessageToProduce {
  return {
    topic,
    partition,
    ...(key !== undefined && { key: toBuffer(key) }),
    ...(value !== undefined && { value: toBuffer(value) }),
    ...(timestamp !== undefined && { timestamp }),
    // A map of buffers keeps names that repeat.
    ...(headers !== undefined && headers.length > 0 && {
      headers: new Map(
        headers.map((
          [name, content],
        ) => [Buffer.from(name), toBuffer(content)]),
      ),
    }),
  };
}

function toBuffer({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
