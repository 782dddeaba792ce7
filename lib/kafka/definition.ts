/**
 * The Kafka source: reads events from AGS's event stream.
 *
 * @module
 */

import { KAFKA_SETTINGS, kafkaProblems } from "../config/kafka.ts";
import { AppError } from "../core/errors.ts";
import { NotReadyError, type SourceDefinition } from "../core/source.ts";
import { createJsonEvents } from "../events/json_events.ts";
import { servedEvents } from "../events/served_events.ts";
import { ENVELOPE_KEYS, NANO_KEY } from "../eventstream/event.ts";
import { withPrefix } from "../eventstream/names.ts";
import type { KafkaPort } from "../eventstream/port.ts";
import { createKafkaMetrics } from "./metrics.ts";
import { groupOf } from "./group.ts";
import { openStreams } from "./open_streams.ts";
import { startKafkaSource } from "./source.ts";

/** Options of {@linkcode kafkaSourceOf}. */
export interface KafkaSourceDefinitionOptions {
  /**
   * Access to the cluster. @default {@platformatic/kafka, with KAFKA_BROKERS}
   */
  readonly port?: (() => Promise<KafkaPort>) | undefined;
}

/** The source with other access to the cluster: for tests. */
export function kafkaSourceOf(
  { port }: KafkaSourceDefinitionOptions,
): SourceDefinition<typeof KAFKA_SETTINGS> {
  return {
    name: "kafka",
    topic: { settings: KAFKA_SETTINGS },
    // Messages and tasks arrive through the sidecar's calls.
    carries: (_type, isAgs) => isAgs,
    open({ app, catalog, config, named, log, metrics, memory }) {
      const kafkaMetrics = createKafkaMetrics(metrics);
      const streams = openStreams({
        config,
        observer: kafkaMetrics,
        log,
        port,
      });
      const { kafka } = streams;
      if (kafka === undefined) {
        const [problem] = kafkaProblems(config);
        return Promise.reject(new AppError(problem ?? "Kafka has no brokers"));
      }
      const prefix = config.kafkaTopicPrefix ?? "";
      const source = startKafkaSource({
        app,
        stream: kafka,
        events: createJsonEvents({
          catalog,
          served: servedEvents(catalog, app.types, { named }).events,
          envelopeFields: ENVELOPE_KEYS,
          longField: NANO_KEY,
        }),
        memory,
        prefix,
        groupId: groupOf(config),
        groupProtocol: config.kafkaGroupProtocol,
        observer: kafkaMetrics,
        log,
      });
      const topics = source.topics.map((topic) => withPrefix(prefix, topic));
      kafkaMetrics.watch({ topics, source });
      return Promise.resolve({
        name: "kafka",
        endpoints: [{
          label: "Kafka",
          value: `${config.kafkaBrokers.join(",")}, topics ${
            topics.join(", ")
          }`,
        }],
        ready() {
          return source.isJoined ? Promise.resolve() : Promise.reject(
            new NotReadyError("Kafka group is not joined"),
          );
        },
        drain: (signal: AbortSignal) => source.close(signal),
        async [Symbol.asyncDispose]() {
          await source[Symbol.asyncDispose]();
          await streams[Symbol.asyncDispose]();
        },
      });
    },
  };
}

/** The source's definition. */
export const kafkaSource: SourceDefinition<typeof KAFKA_SETTINGS> =
  kafkaSourceOf({});
