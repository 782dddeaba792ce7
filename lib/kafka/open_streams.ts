/**
 * Opens the event stream that the settings name.
 *
 * @module
 */

import type { Logger } from "../core/context.ts";
import type { LineWriter } from "../core/line_writer.ts";
import type { KafkaConfig } from "../config/kafka.ts";
import type { OtelConfig } from "../config/otel.ts";
import type { SaslOptions, TlsOptions } from "../eventstream/connection.ts";
import { StartError } from "../core/errors.ts";
import { StreamOptionsError } from "../eventstream/errors.ts";
import { createEventStream } from "../eventstream/mod.ts";
import type { StreamObserver } from "../eventstream/observer.ts";
import type { KafkaPort } from "../eventstream/port.ts";
import type { EventStream, EventStreamOptions } from "../eventstream/stream.ts";

/** The settings that streams need. */
export type StreamConfig =
  & KafkaConfig
  & Pick<OtelConfig, "otelServiceName">;

/** Options of {@linkcode openStreams}. */
export interface OpenStreamsOptions {
  /** The settings. */
  readonly config: StreamConfig;
  /** Logs failures. */
  readonly log: Logger;
  /** The observer. */
  readonly observer?: StreamObserver | undefined;
  /** The output of the stream `stdout`. @default {its own} */
  readonly output?: LineWriter | undefined;
  /** Access to the cluster. @default {@platformatic/kafka} */
  readonly port?: (() => Promise<KafkaPort>) | undefined;
}

/**
 * The streams of the settings: one to read from and one to publish to, often
 * the same.
 */
export interface Streams extends AsyncDisposable {
  /** Kafka; `undefined` without brokers. */
  readonly kafka: EventStream | undefined;
  /**
   * The stream of `ctx.eventStream.publish()`; `undefined` if there is none.
   */
  readonly publishing: EventStream | undefined;
}

/** A setting of Kafka stops the start, for example a certificate that nobody can read. */
export class KafkaSettingsError extends StartError {
  /** What logs call it. */
  override name = "KafkaSettingsError";
}

/**
 * Opens the streams. Nothing connects until it is first used.
 *
 * @throws {KafkaSettingsError} A certificate or key cannot be read.
 */
export function openStreams(options: OpenStreamsOptions): Streams {
  const { config } = options;
  const kafka = config.kafkaBrokers.length === 0
    ? undefined
    : openKafka(options);
  const publishing = config.eventStream === "auto" ? kafka : createEventStream({
    stream: config.eventStream,
    log: options.log,
    ...(options.output !== undefined && { output: options.output }),
  });
  return {
    kafka,
    publishing,
    async [Symbol.asyncDispose]() {
      await Promise.all([
        kafka?.[Symbol.asyncDispose](),
        publishing?.[Symbol.asyncDispose](),
      ]);
    },
  };
}

function openKafka(options: OpenStreamsOptions): EventStream {
  try {
    return createEventStream(kafkaOptions(options));
  } catch (cause) {
    if (!(cause instanceof StreamOptionsError)) throw cause;
    throw new KafkaSettingsError(
      `Kafka settings are invalid: ${cause.message}`,
      { cause },
    );
  }
}

function kafkaOptions(
  { config, log, observer, port }: OpenStreamsOptions,
): EventStreamOptions {
  const tls = tlsOf(config);
  const sasl = saslOf(config);
  return {
    stream: "kafka",
    prefix: config.kafkaTopicPrefix ?? "",
    brokers: config.kafkaBrokers,
    clientId: config.otelServiceName,
    ...(tls !== undefined && { tls }),
    ...(sasl !== undefined && { sasl }),
    ...(observer !== undefined && { observer }),
    ...(port !== undefined && { port }),
    log,
  };
}

function tlsOf(config: StreamConfig): TlsOptions | undefined {
  if (!config.kafkaTls) return undefined;
  const { kafkaTlsCa: ca, kafkaTlsCertificate: certificate } = config;
  const { kafkaTlsKey: privateKey } = config;
  return {
    ...(ca !== undefined && { ca }),
    ...(certificate !== undefined && { certificate }),
    ...(privateKey !== undefined && { privateKey }),
  };
}

function saslOf(config: StreamConfig): SaslOptions | undefined {
  const { kafkaSaslMechanism: mechanism } = config;
  const { kafkaSaslUsername: username, kafkaSaslPassword: password } = config;
  return mechanism === undefined || username === undefined ||
      password === undefined
    ? undefined
    : { mechanism, username, password };
}
