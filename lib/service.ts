/**
 * The service, put together: what `main.ts` runs, and what tests run in its place.
 *
 * @module
 */

import { nextDelay } from "./ags/backoff.ts";
import { createAgsClient } from "./ags/client.ts";
import type { RefusedBy } from "./ags/refused_operations.ts";
import { type BuildInfo, VERSION } from "./process/build_info.ts";
import type { Config } from "./core/config.ts";
import { createApp } from "./core/app.ts";
import type { LogFields, Logger } from "./core/context.ts";
import type { DeadLetterSink } from "./core/dead_letter.ts";
import { AppError } from "./core/errors.ts";
import type { LineWriter } from "./core/line_writer.ts";
import { createMemoryBudget } from "./core/memory_budget.ts";
import type { Handler } from "./core/on.ts";
import { logDeadLetters } from "./dead_letters/log_sink.ts";
import { openDeadLetters } from "./dead_letters/open.ts";
import { readCatalog } from "./events/catalog.ts";
import { createPublisher } from "./grpc/publisher.ts";
import { startAdminServer } from "./admin/server.ts";
import {
  checkCarried,
  type Endpoint,
  NotReadyError,
  type Source,
  type SourceDefinition,
} from "./core/source.ts";
import { contextMaker } from "./handler_context.ts";
import { groupOf } from "./kafka/group.ts";
import { createKafkaMetrics } from "./kafka/metrics.ts";
import { type ShutdownBudget, startBudget } from "./core/shutdown_budget.ts";
import type { LogCategory } from "./config/log_levels.ts";
import { unlessAborted } from "./core/async.ts";
import { SOURCES } from "./sources.ts";
import { metricsIn } from "./telemetry/metrics_port.ts";
import { openStore } from "./idempotency/open_store.ts";
import { createEventPublishing } from "./kafka/event_publishing.ts";
import { openLetterTopics } from "./kafka/letter_sink.ts";
import { withPrefix } from "./eventstream/names.ts";
import { openStreams } from "./kafka/open_streams.ts";
import type { KafkaPort } from "./eventstream/port.ts";
import { createPipe } from "./middleware/pipe.ts";
import { createAgsMetrics } from "./telemetry/ags_metrics.ts";
import { createDeadLetterMetrics } from "./telemetry/dead_letter_metrics.ts";
import { createEventMetrics } from "./telemetry/event_metrics.ts";
import { createIdempotencyMetrics } from "./telemetry/idempotency_metrics.ts";
import { allLogs, type ConfirmRecord, type Logs } from "./telemetry/log.ts";
import { createLogMetrics } from "./telemetry/log_metrics.ts";
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
  /** Standard output. @default {nothing is known of it} */
  readonly output?: LineWriter;
  /** Writes records that must not be dropped. @default {as `logs` does} */
  readonly confirm?: ConfirmRecord;
  /** Whether payloads are logged, redacted. @default {false} */
  readonly logsPayloads?: boolean;
  /** Which build of the service this is. @default {the version, from source} */
  readonly build?: BuildInfo;
  /** The sources there are; `SOURCES` says which are opened. @default {all} */
  readonly sources?: readonly SourceDefinition[];
  /** The way to Kafka. @default {by the library, to the brokers of the settings} */
  readonly kafkaPort?: () => Promise<KafkaPort>;
}

/** A running service. Disposing ends it at once; `drain` first, to lose nothing. */
export interface Service extends AsyncDisposable {
  /** Where events come to. */
  readonly endpoints: readonly Endpoint[];
  /** Where `/metrics`, `/livez` and `/readyz` are. */
  readonly metricsPort: number;
  /** The event types that are served. */
  readonly types: readonly string[];
  /**
   * The port that a source listens on.
   *
   * @throws {RangeError} It is not open, or listens on none.
   */
  portOf(source: string): number;
  /**
   * Says NOT_SERVING, takes no new events, and resolves when those in flight are
   * answered: by their handlers within `SHUTDOWN_GRACE`, with UNAVAILABLE after it.
   */
  drain(): Promise<void>;
  /** Drains, and ends everything else: all of it within `SHUTDOWN_GRACE`. */
  stop(): Promise<void>;
}

type TopicSink = Extract<Config["deadLetter"], `kafka:${string}`>;

function isTopic(deadLetter: Config["deadLetter"]): deadLetter is TopicSink {
  return deadLetter.startsWith("kafka:");
}

/**
 * The sources that `SOURCES` names.
 *
 * @throws {AppError} It names one that there is not.
 */
function enabledOf(
  all: readonly SourceDefinition[],
  names: readonly string[],
): readonly SourceDefinition[] {
  const known = all.map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new AppError(
      `SOURCES names a source that there is not: expected ${known.join(", ")}`,
    );
  }
  return all.filter(({ name }) => names.includes(name));
}

/** What the log says of refusals that no event can mend, and an operator can. */
const REFUSED: Readonly<Record<RefusedBy, string>> = {
  client: "AGS client may not log in: events wait until it may",
  permission: "AGS client lacks a permission: events that need it wait for it",
  proxy: "AGS is not reached: something before it answers in its place",
};

/**
 * How long the store may be away before events count as not to be handled, in
 * milliseconds. A restart or a failover of it is over sooner, and what failed meanwhile
 * has come again.
 */
const STORE_PATIENCE = 10_000;

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
  const { sources: all = SOURCES } = options;
  const enabled = enabledOf(all, config.sources);
  await using stack = new AsyncDisposableStack();
  // First in, last out: what is still under way then is part of a trace, too.
  const tracing = stack.use(await startTracing({ config, log }));
  const { build = { version: VERSION, commit: "source" } } = options;
  const metrics = stack.use(startMetrics({ build }));
  const { output } = options;
  createLogMetrics(metrics.registry, output ?? { dropped: 0 });
  const agsMetrics = createAgsMetrics(metrics.registry);
  const eventMetrics = createEventMetrics(metrics.registry);
  const ags = stack.use(createAgsClient({
    ...config,
    observer: agsMetrics,
    traceCall: tracing.traceCall,
    onRefreshFailed: (error) =>
      logs.ags.warn("AGS token could not be refreshed", { error }),
    onRefused: ({ name: operation, by, error }) =>
      logs.ags.error(
        REFUSED[by],
        { operation, error },
      ),
  }));

  const port = metricsIn(metrics.registry);
  const memory = createMemoryBudget(config.eventMemoryBytes);
  const streams = stack.use(openStreams({
    config,
    ...(config.kafkaBrokers.length > 0 &&
      { observer: createKafkaMetrics(port) }),
    log: logs.kafka,
    port: options.kafkaPort,
    output,
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
  const pipe = stack.use(createPipe({
    config,
    log: logs.events,
    logsPayloads: options.logsPayloads ?? false,
    onEnded: eventMetrics.ended,
    trace: tracing.middleware,
    store,
    storeLog: logs.idempotency,
    letters,
    onLetter: countLetter,
  }));
  const app = createApp({
    handlers,
    knownTypes: [
      ...catalog.types,
      ...all.flatMap(({ eventTypes = [] }) => eventTypes),
    ],
    openChannels: all.flatMap(({ openChannels = [] }) => openChannels),
    middleware: pipe.middleware,
    createContext: contextMaker({
      config,
      log: logs.handlers,
      ags,
      messaging: publisher,
      publishing,
    }),
    onRefused: (delivery, result) =>
      eventMetrics.ended(delivery, result, { milliseconds: 0 }),
  });
  checkCarried(handlers, { enabled, all, agsTypes: catalog.types });
  agsMetrics.watch(ags);
  eventMetrics.watch({
    routes: app.routes,
    concurrency: pipe.concurrency,
    limit: config.maxConcurrency,
    queueLimit: config.maxQueue,
    memory,
    sources: config.sources,
  });

  async function openLetters(): Promise<DeadLetterSink> {
    const { deadLetter, kafkaTopicPrefix: prefix = "" } = config;
    if (isTopic(deadLetter) && streams.kafka !== undefined) {
      return openLetterTopics({
        stream: streams.kafka,
        suffix: deadLetter.slice("kafka:".length),
        prefix,
        groupId: withPrefix(prefix, groupOf(config)),
        lastResort: logDeadLetters(logLetter),
        log: logs.dead_letters,
      });
    }
    return await openDeadLetters({
      config: {
        ...config,
        deadLetter: isTopic(deadLetter) ? "log" : deadLetter,
      },
      log: logs.dead_letters,
      logLetter,
    });
  }

  async function logLetter(
    message: string,
    where: { readonly fields: LogFields; readonly signal: AbortSignal },
  ): Promise<void> {
    if (options.confirm === undefined) {
      logs.dead_letters.error(message, where.fields);
    } else await options.confirm("dead_letters", message, where);
  }

  let isDraining = false;
  const sources: Source[] = [];
  const admin = stack.use(
    await startAdminServer({
      port: config.metricsPort,
      metrics: metrics.collect,
      ready: async (signal) => {
        if (isDraining) throw new NotReadyError("Service is draining");
        if (store !== undefined && store.awayFor >= STORE_PATIENCE) {
          throw new NotReadyError("Idempotency store is away");
        }
        for (const source of sources) await source.ready(signal);
        await ags.ready(signal);
      },
    }),
  );
  const named = new Set(handlers.flatMap(({ types }) => types));
  for (const { name, open } of enabled) {
    const log = logs[name as LogCategory] ?? logs.service;
    const deps = { app, config, catalog, named, log, metrics: port, memory };
    sources.push(stack.use(await open(deps)));
  }

  async function drain(budget: ShutdownBudget): Promise<void> {
    isDraining = true;
    const drained = Promise.all(
      sources.map((source) => source.drain(budget.answers)),
    );
    const ended = await app.drain(budget.handlers, budget.settling);
    if (ended > 0) log.warn("Events were ended unfinished", { count: ended });
    await drained;
    await pipe.drain(budget.answers);
    await unlessAborted(tracing.flush(), budget.all);
  }

  async function stop(): Promise<void> {
    using budget = startBudget(config.shutdownGrace);
    await drain(budget);
    const ended = running.disposeAsync().then(() => true);
    if (await unlessAborted(ended, budget.all) === undefined) {
      log.warn("Service stopped before all connections were closed");
    }
  }

  const running = stack.move();
  return {
    endpoints: sources.flatMap(({ endpoints }) => endpoints),
    metricsPort: admin.port,
    types: app.types,
    portOf(name) {
      const found = sources.find((source) => source.name === name)?.port;
      if (found === undefined) {
        throw new RangeError(`Source "${name}" is not open, or has no port`);
      }
      return found;
    },
    async drain() {
      using budget = startBudget(config.shutdownGrace);
      await drain(budget);
    },
    stop,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}
