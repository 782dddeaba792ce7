/**
 * Dead letters in topics, for tests of the service as a process.
 *
 * @module
 */

import { kafkaAdmin } from "../../dev/kafka_cluster/admin.ts";
import type { StreamRecord } from "../../lib/eventstream/record.ts";
import type { EventStream } from "../../lib/eventstream/stream.ts";
import { type Corner, makeCorner, ready } from "./_kafka_corner.ts";
import { type KafkaTest, QUICK } from "./_kafka_tests.ts";
import { type Replica, startReplica } from "./_service.ts";

/** All records of a topic from its beginning on, as they come. */
export function readAll(events: EventStream, topic: string): StreamRecord[] {
  const records: StreamRecord[] = [];
  events.subscribe({ ...QUICK, topic, raw: true }, (record) => {
    records.push(record);
  });
  return records;
}

/** A corner in which every event becomes a dead letter. */
export interface RefusedWorld {
  readonly corner: Corner;
  /** Settings of the service. */
  readonly env: Readonly<Record<string, string>>;
  /** Starts the service, and waits until it is ready. */
  start(): Promise<Replica>;
}

/** A corner with one partition, and a service that AGS refuses every grant of. */
export async function refusedWorld(
  test: KafkaTest,
  configs: Readonly<Record<string, string>> | "no topic" = {},
): Promise<RefusedWorld> {
  await using admin = kafkaAdmin(test.kafka.brokers);
  const corner = await makeCorner(test, { hasTopic: false });
  await admin.createTopic(corner.topic, { partitions: 1 });
  if (configs !== "no topic") {
    await admin.createTopic(`${corner.topic}.dlq`, { partitions: 1, configs });
  }
  const env = {
    ...corner.env,
    DEAD_LETTER: "kafka:dlq",
    ITEM_ID_TO_GRANT: "no-such-item",
  };
  return {
    corner,
    env,
    async start() {
      const service = await startReplica(corner.emulator, env);
      await ready(service);
      return service;
    },
  };
}
