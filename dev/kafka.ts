/**
 * Kafka for the development tools: the cluster that the settings name.
 *
 * @module
 */

import {
  ConfigError,
  type Environment,
  parseSettings,
} from "../lib/config/parse.ts";
import { SETTINGS } from "../lib/config/table.ts";
import type { Logger } from "../lib/core/context.ts";
import type { StreamObserver } from "../lib/eventstream/observer.ts";
import { withPrefix } from "../lib/eventstream/names.ts";
import { openStreams, type StreamConfig } from "../lib/kafka/open_streams.ts";
import type { EventStream } from "../lib/eventstream/stream.ts";
import { KAFKA_SETTINGS, kafkaProblems } from "../lib/config/kafka.ts";

/** A cluster, and the names that the service has there. */
export interface DevKafka extends AsyncDisposable {
  /** The cluster. */
  readonly stream: EventStream;
  /** What comes before topics and groups. */
  readonly prefix: string;
  /** The service's group, with prefix. */
  readonly group: string;
}

/** Options of {@linkcode connectKafka}. */
export interface ConnectKafkaOptions {
  /** Is told about the work. */
  readonly observer?: StreamObserver;
}

/**
 * Opens the cluster that `KAFKA_BROKERS` names.
 *
 * @throws {ConfigError} It names none, or another setting of Kafka makes no sense.
 * @throws {StreamOptionsError} A certificate or key cannot be read.
 */
export function connectKafka(
  env: Environment,
  { observer }: ConnectKafkaOptions = {},
): DevKafka {
  const config = streamConfig(env);
  const { kafka } = openStreams({
    config,
    log: SILENT,
    ...(observer !== undefined && { observer }),
  });
  if (kafka === undefined) {
    throw new ConfigError([
      "KAFKA_BROKERS is not set: expected host:port of a broker",
    ]);
  }
  const prefix = config.kafkaTopicPrefix ?? "";
  const groupId = config.kafkaGroupId === "auto"
    ? env[SETTINGS.clientId.env] ?? ""
    : config.kafkaGroupId;
  return {
    stream: kafka,
    prefix,
    group: withPrefix(prefix, groupId),
    [Symbol.asyncDispose]: () => kafka[Symbol.asyncDispose](),
  };
}

/** The settings of Kafka alone: those of AGS need not be there. */
function streamConfig(env: Environment): StreamConfig {
  const { otelServiceName } = SETTINGS;
  return parseSettings(env, {
    settings: { ...KAFKA_SETTINGS, otelServiceName },
    problems: (config) =>
      kafkaProblems({
        ...config,
        deadLetter: "log",
        sources: [],
      }),
  }).config;
}

/** What fails is thrown, too: that is said to the person at the terminal. */
const SILENT: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  with: () => SILENT,
};
