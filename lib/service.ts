/**
 * The service, put together: what `main.ts` runs, and what tests run in its place.
 *
 * @module
 */

import { nextDelay } from "./ags/backoff.ts";
import { createAgsClient } from "./ags/client.ts";
import { type BuildInfo, VERSION } from "./process/build_info.ts";
import type { Config } from "./core/config.ts";
import { createApp } from "./core/app.ts";
import type { Context, Logger } from "./core/context.ts";
import type { DeadLetterSink } from "./core/dead_letter.ts";
import type { Delivery } from "./core/dispatcher.ts";
import { ShutdownError } from "./core/errors.ts";
import type { PublishEvent } from "./core/event_publishing.ts";
import type { Messaging } from "./core/messaging.ts";
import type { Handler } from "./core/on.ts";
import { openDeadLetters } from "./dead_letters/open.ts";
import { readCatalog } from "./events/catalog.ts";
import { OPEN_CHANNELS } from "./events/open_events.ts";
import { createPublisher } from "./grpc/publisher.ts";
import { startGrpcServer } from "./grpc/server.ts";
import { createJsonEvents } from "./events/json_events.ts";
import { NotReadyError, startAdminServer } from "./admin/server.ts";
import { openStore } from "./idempotency/open_store.ts";
import { ENVELOPE_KEYS } from "./eventstream/event.ts";
import { createEventPublishing } from "./kafka/event_publishing.ts";
import { openLetterTopics } from "./kafka/letter_sink.ts";
import { withPrefix } from "./eventstream/names.ts";
import { openStreams } from "./kafka/open_streams.ts";
import type { KafkaPort } from "./eventstream/port.ts";
import { type KafkaSource, startKafkaSource } from "./kafka/source.ts";
import { createPipe } from "./middleware/pipe.ts";
import { createAgsMetrics } from "./telemetry/ags_metrics.ts";
import { createDeadLetterMetrics } from "./telemetry/dead_letter_metrics.ts";
import { createEventMetrics } from "./telemetry/event_metrics.ts";
import { createGrpcMetrics } from "./telemetry/grpc_metrics.ts";
import { createIdempotencyMetrics } from "./telemetry/idempotency_metrics.ts";
import { createKafkaMetrics } from "./telemetry/kafka_metrics.ts";
import { allLogs, type Logs } from "./telemetry/log.ts";
import { startMetrics } from "./telemetry/metrics.ts";
import { startTracing } from "./telemetry/tracing.ts";

/** Options of {@linkcode startService}. */
export interface ServiceOptions {
  /** The settings. Ports may be 0: any free one. */
  readonly config: Config;
  /** What `handlers/mod.ts` lists. */
  readonly handlers: readonly Handler[];
  /** Absolute path of the proto folder. */
  readonly protoFolder: string;
  /** Where the service logs. */
  readonly log: Logger;
  /** Where it logs by category. @default {`log`, for all} */
  readonly logs?: Logs;
  /** Whether payloads are logged, redacted. @default {false} */
  readonly logsPayloads?: boolean;
  /** Which build of the service this is. @default {the version, from source} */
  readonly build?: BuildInfo;
  /** The way to Kafka. @default {by the library, to the brokers of the settings} */
  readonly kafkaPort?: () => Promise<KafkaPort>;
}

/** A running service. Disposing ends it at once; `drain` first, to lose nothing. */
export interface Service extends AsyncDisposable {
  /** Where AGS's connector calls. */
  readonly grpcPort: number;
  /** Where `/metrics`, `/livez` and `/readyz` are. */
  readonly metricsPort: number;
  /** The event types that are served. */
  readonly types: readonly string[];
  /** The topics that are read, without prefix; none without the Kafka source. */
  readonly topics: readonly string[];
  /**
   * Says NOT_SERVING, takes no new events, and resolves when those in flight are
   * answered: by their handlers within `SHUTDOWN_GRACE`, with UNAVAILABLE after it.
   */
  drain(): Promise<void>;
}

type TopicSink = Extract<Config["deadLetter"], `kafka:${string}`>;

function isTopic(deadLetter: Config["deadLetter"]): deadLetter is TopicSink {
  return deadLetter.startsWith("kafka:");
}

/** Time to hand the last answers to the network, in milliseconds. */
const FLUSH_TIME = 1_000;

/**
 * Starts the service. Whatever has been started is undone when a later step fails.
 *
 * @throws {AppError} A handler's event type does not exist, or is handled twice.
 * @throws {ProtoFileError} A proto file cannot be used.
 * @throws {LetterFileError} The file of dead letters cannot be written.
 * @throws {StreamOptionsError} A certificate or key for Kafka cannot be read.
 * @throws {ListenError} A port cannot be opened.
 */
export async function startService(options: ServiceOptions): Promise<Service> {
  const { config, log, handlers, protoFolder } = options;
  const logs = options.logs ?? allLogs(log);
  await using stack = new AsyncDisposableStack();
  // First in, last out: what is still under way then is part of a trace, too.
  const tracing = stack.use(await startTracing({ config, log }));
  const { build = { version: VERSION, commit: "source" } } = options;
  const metrics = stack.use(startMetrics({ build }));
  const agsMetrics = createAgsMetrics(metrics.registry);
  const eventMetrics = createEventMetrics(metrics.registry);
  const ags = stack.use(createAgsClient({
    ...config,
    observer: agsMetrics,
    traceCall: tracing.traceCall,
    onRefreshFailed: (error) =>
      logs.ags.warn("AGS token could not be refreshed", { error }),
  }));

  const prefix = config.kafkaTopicPrefix ?? "";
  const groupId = config.kafkaGroupId === "auto"
    ? config.clientId
    : config.kafkaGroupId;
  const kafkaMetrics = config.kafkaBrokers.length === 0
    ? undefined
    : createKafkaMetrics(metrics.registry);
  const streams = stack.use(openStreams({
    config,
    observer: kafkaMetrics,
    log: logs.kafka,
    port: options.kafkaPort,
  }));
  const publishing = createEventPublishing({
    stream: streams.publishing,
    trace: tracing.tracePublish,
  });
  const letters = stack.use(await openLetters());
  const publisher = stack.use(createPublisher({
    protoFolder,
    port: config.asyncMessagingPublisherGrpcPort,
    nextDelay,
    log,
  }));
  const idempotencyMetrics = createIdempotencyMetrics(metrics.registry);
  const store = openStore({
    config,
    log: logs.idempotency,
    observer: idempotencyMetrics,
  });
  if (store !== undefined) {
    stack.use(store);
    idempotencyMetrics.watch(store.name);
  }
  const catalog = readCatalog(protoFolder);
  const countLetter = createDeadLetterMetrics(metrics.registry);
  const { middleware, concurrency } = createPipe({
    config,
    log: logs.events,
    logsPayloads: options.logsPayloads ?? false,
    onEnded: eventMetrics.ended,
    trace: tracing.middleware,
    store,
    storeLog: logs.idempotency,
    letters,
    onLetter: countLetter,
  });
  const app = createApp({
    handlers,
    knownTypes: catalog.types,
    openChannels: OPEN_CHANNELS,
    middleware,
    createContext: (delivery) => createContext(delivery),
    onRefused: (delivery, result) =>
      eventMetrics.ended(delivery, result, { milliseconds: 0 }),
  });
  agsMetrics.watch(ags);
  eventMetrics.watch({
    routes: app.routes,
    concurrency,
    limit: config.maxConcurrency,
    queueLimit: config.maxQueue,
    sources: config.sources,
  });

  function createContext(delivery: Delivery): Context {
    const { event, controller: { signal }, attempt, deadline, traceId } =
      delivery;
    let eventLog: Logger | undefined;
    let messaging: Messaging | undefined;
    let publish: PublishEvent | undefined;
    return {
      signal,
      attempt,
      config,
      ags: ags.bind({ signal, deadline }),
      get messaging() {
        return messaging ??= publisher.bind({ signal, deadline });
      },
      get publish() {
        return publish ??= publishing(delivery);
      },
      // Most handlers never log: whoever does pays for it.
      get log() {
        return eventLog ??= logs.handlers.with({
          eventType: event.type,
          eventId: event.id,
          ...(traceId !== undefined && { traceID: traceId }),
        });
      },
      ...(deadline !== undefined && { deadline }),
    };
  }

  async function openLetters(): Promise<DeadLetterSink> {
    const { deadLetter } = config;
    if (isTopic(deadLetter) && streams.kafka !== undefined) {
      return openLetterTopics({
        stream: streams.kafka,
        suffix: deadLetter.slice("kafka:".length),
        prefix,
        groupId: withPrefix(prefix, groupId),
      });
    }
    return await openDeadLetters(
      { ...config, deadLetter: isTopic(deadLetter) ? "log" : deadLetter },
      logs.dead_letters,
    );
  }

  let isDraining = false;
  let source: KafkaSource | undefined;
  const admin = stack.use(startAdminServer({
    port: config.metricsPort,
    metrics: metrics.collect,
    ready: async (signal) => {
      if (isDraining) throw new ShutdownError("Service is draining");
      if (source?.isJoined === false) {
        throw new NotReadyError("Kafka group is not joined");
      }
      await ags.ready(signal);
    },
  }));
  const grpc = stack.use(
    await startGrpcServer({
      app,
      catalog,
      named: new Set(handlers.flatMap(({ types }) => types)),
      port: config.grpcPort,
      servesEvents: config.sources.includes("grpc"),
      onReject: config.onReject,
      authorize: config.grpcAuth === "iam"
        ? (await import("./grpc/auth.ts")).createIamAuthorizer(config)
        : undefined,
      maxMessageBytes: config.grpcMaxMessageBytes,
      keepaliveTime: config.grpcKeepaliveTime,
      keepaliveTimeout: config.grpcKeepaliveTimeout,
      log: logs.grpc,
      observer: createGrpcMetrics(metrics.registry),
    }),
  );

  if (config.sources.includes("kafka") && streams.kafka !== undefined) {
    source = stack.use(startKafkaSource({
      app,
      stream: streams.kafka,
      events: createJsonEvents({
        catalog,
        served: grpc.events,
        envelopeFields: ENVELOPE_KEYS,
      }),
      letters,
      prefix,
      groupId,
      groupProtocol: config.kafkaGroupProtocol,
      grace: config.shutdownGrace,
      observer: { ...kafkaMetrics, letter: countLetter },
      log: logs.kafka,
    }));
    kafkaMetrics?.watch({
      topics: source.topics.map((topic) => withPrefix(prefix, topic)),
      source,
    });
  }

  async function drain(): Promise<void> {
    isDraining = true;
    grpc.stopServing();
    const left = source?.close();
    const flushed = new AbortController();
    const closed = grpc.close(flushed.signal);
    const ended = await app.drain(config.shutdownGrace);
    if (ended > 0) log.warn("Events were ended unfinished", { count: ended });
    const timer = setTimeout(() => flushed.abort(), FLUSH_TIME);
    await closed;
    clearTimeout(timer);
    await left;
    await tracing.flush();
  }

  const running = stack.move();
  return {
    grpcPort: grpc.port,
    metricsPort: admin.port,
    types: app.types,
    topics: source?.topics ?? [],
    drain,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}
