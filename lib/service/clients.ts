/**
 * The clients that handlers use: AGS, the event stream, and AGS's async
 * messaging.
 *
 * @module
 */

import { nextDelay } from "../ags/backoff.ts";
import type { AgsClient } from "../ags/client.ts";
import { createLoggedClient } from "../ags/logged_client.ts";
import type { AppOptions } from "../core/app.ts";
import type { Config } from "../core/config.ts";
import type { Logger } from "../core/context.ts";
import type { LineWriter } from "../core/line_writer.ts";
import type { KafkaPort } from "../eventstream/port.ts";
import { createPublisher } from "../grpc/publisher.ts";
import { contextMaker } from "../handler_context.ts";
import { createEventPublishing } from "../kafka/event_publishing.ts";
import { createKafkaMetrics } from "../kafka/metrics.ts";
import { openStreams, type Streams } from "../kafka/open_streams.ts";
import { createWebPubSubCalls } from "../webpubsub/source/calls.ts";
import type { Logs } from "../telemetry/log.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";

/** Options of {@linkcode openClients}. */
export interface ClientsOptions {
  /** The settings. */
  readonly config: Config;
  /** Absolute path of the proto folder. */
  readonly protoFolder: string;
  /** The service's logger. */
  readonly log: Logger;
  /** Loggers by category. */
  readonly logs: Logs;
  /** Standard output. @default {unknown} */
  readonly output?: LineWriter | undefined;
  /** Metrics and traces of requests. */
  readonly telemetry: Telemetry;
  /**
   * Access to Kafka. @default {the library, with the brokers of the settings}
   */
  readonly kafkaPort?: (() => Promise<KafkaPort>) | undefined;
}

/**
 * The clients. Disposing sends what is queued, and closes their connections.
 */
export interface Clients extends AsyncDisposable {
  /** AGS. */
  readonly ags: AgsClient;
  /** The event stream. */
  readonly streams: Streams;
  /** Creates a handler's context from the clients. */
  readonly createContext: AppOptions["createContext"];
}

/**
 * Opens the clients. Nothing connects until it is first used.
 *
 * @throws {KafkaSettingsError} A certificate or key for Kafka cannot be read.
 * @throws {ProtoFileError} A proto file is invalid.
 */
export async function openClients(options: ClientsOptions): Promise<Clients> {
  const { config, log, logs, output, protoFolder } = options;
  const { ags: observer, metrics, tracing } = options.telemetry;
  await using stack = new AsyncDisposableStack();
  const ags = stack.use(createLoggedClient(logs.ags, {
    ...config,
    observer,
    traceCall: tracing.traceCall,
  }));
  observer.watch(ags);
  const streams = stack.use(openStreams({
    config,
    ...(config.kafkaBrokers.length > 0 &&
      { observer: createKafkaMetrics(metrics) }),
    log: logs.kafka,
    port: options.kafkaPort,
    output,
  }));
  const messaging = stack.use(createPublisher({
    protoFolder,
    port: config.asyncMessagingPublisherGrpcPort,
    nextDelay,
    log,
  }));
  const createContext = contextMaker({
    config,
    log: logs.handlers,
    ags,
    messaging,
    webPubSub: createWebPubSubCalls(config),
    publishing: createEventPublishing({
      stream: streams.publishing,
      trace: tracing.tracePublish,
    }),
  });
  const running = stack.move();
  return {
    ags,
    streams,
    createContext,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}
