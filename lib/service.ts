/**
 * The service, put together: what `main.ts` runs, and what tests run in its place.
 *
 * @module
 */

import { nextDelay } from "./ags/backoff.ts";
import { createAgsClient } from "./ags/client.ts";
import { type BuildInfo, VERSION } from "./build_info.ts";
import type { Config } from "./config.ts";
import { createApp } from "./core/app.ts";
import type { Context, Logger } from "./core/context.ts";
import type { Delivery } from "./core/dispatcher.ts";
import { ShutdownError } from "./core/errors.ts";
import type { Messaging } from "./core/messaging.ts";
import type { Handler } from "./core/on.ts";
import { openDeadLetters } from "./dead_letters/open.ts";
import { readCatalog } from "./grpc/event_catalog.ts";
import { OPEN_CHANNELS } from "./grpc/open_events.ts";
import { createPublisher } from "./grpc/publisher.ts";
import { startGrpcServer } from "./grpc/server.ts";
import { startAdminServer } from "./http/admin.ts";
import { openStore } from "./idempotency/open_store.ts";
import { createConcurrency } from "./middleware/concurrency.ts";
import { deadLetter } from "./middleware/dead_letter.ts";
import { deadline } from "./middleware/deadline.ts";
import { idempotency } from "./middleware/idempotency.ts";
import { namespace } from "./middleware/namespace.ts";
import { observe } from "./middleware/observe.ts";
import { createAgsMetrics } from "./telemetry/ags_metrics.ts";
import { createDeadLetterMetrics } from "./telemetry/dead_letter_metrics.ts";
import { createEventMetrics } from "./telemetry/event_metrics.ts";
import { createGrpcMetrics } from "./telemetry/grpc_metrics.ts";
import { createIdempotencyMetrics } from "./telemetry/idempotency_metrics.ts";
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
}

/** A running service. Disposing ends it at once; `drain` first, to lose nothing. */
export interface Service extends AsyncDisposable {
  /** Where AGS's connector calls. */
  readonly grpcPort: number;
  /** Where `/metrics`, `/livez` and `/readyz` are. */
  readonly metricsPort: number;
  /** The event types that are served. */
  readonly types: readonly string[];
  /**
   * Says NOT_SERVING, takes no new events, and resolves when those in flight are
   * answered: by their handlers within `SHUTDOWN_GRACE`, with UNAVAILABLE after it.
   */
  drain(): Promise<void>;
}

/** Time to hand the last answers to the network, in milliseconds. */
const FLUSH_TIME = 1_000;

/**
 * Starts the service. Whatever has been started is undone when a later step fails.
 *
 * @throws {AppError} A handler's event type does not exist, or is handled twice.
 * @throws {ProtoFileError} A proto file cannot be used.
 * @throws {LetterFileError} The file of dead letters cannot be written.
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

  const letters = stack.use(await openDeadLetters(config, logs.dead_letters));
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
  const concurrency = createConcurrency({
    limit: config.maxConcurrency,
    queueLimit: config.maxQueue,
  });
  const app = createApp({
    handlers,
    knownTypes: catalog.types,
    openChannels: OPEN_CHANNELS,
    middleware: [
      observe({
        log: logs.events,
        logsPayloads: options.logsPayloads ?? false,
        onEnded: eventMetrics.ended,
      }),
      tracing.middleware,
      namespace(config.namespace),
      concurrency.middleware,
      deadline({ timeout: config.handlerTimeout }),
      ...(store === undefined ? [] : [idempotency({
        store,
        ttl: config.idempotencyTtl,
        lease: config.idempotencyLease,
        maxAttempts: config.maxAttempts,
        log: logs.idempotency,
      })]),
      deadLetter({
        sink: letters,
        onLetter: createDeadLetterMetrics(metrics.registry),
      }),
    ],
    createContext: (delivery) => createContext(delivery),
    onRefused: (delivery, result) =>
      eventMetrics.ended(delivery, result, { milliseconds: 0 }),
  });
  agsMetrics.watch(ags);
  eventMetrics.watch({
    types: app.types,
    concurrency,
    limit: config.maxConcurrency,
    queueLimit: config.maxQueue,
    transports: ["grpc"],
  });

  function createContext(delivery: Delivery): Context {
    const { event, controller: { signal }, attempt, deadline, traceId } =
      delivery;
    let eventLog: Logger | undefined;
    let messaging: Messaging | undefined;
    return {
      signal,
      attempt,
      config,
      ags: ags.bind({ signal, deadline }),
      get messaging() {
        return messaging ??= publisher.bind({ signal, deadline });
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

  let isDraining = false;
  const admin = stack.use(startAdminServer({
    port: config.metricsPort,
    metrics: metrics.collect,
    ready: async (signal) => {
      if (isDraining) throw new ShutdownError("Service is draining");
      await ags.ready(signal);
    },
  }));
  const grpc = stack.use(
    await startGrpcServer({
      app,
      catalog,
      named: new Set(handlers.flatMap(({ types }) => types)),
      port: config.grpcPort,
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

  async function drain(): Promise<void> {
    isDraining = true;
    grpc.stopServing();
    const flushed = new AbortController();
    const closed = grpc.close(flushed.signal);
    const ended = await app.drain(config.shutdownGrace);
    if (ended > 0) log.warn("Events were ended unfinished", { count: ended });
    const timer = setTimeout(() => flushed.abort(), FLUSH_TIME);
    await closed;
    clearTimeout(timer);
    await tracing.flush();
  }

  const running = stack.move();
  return {
    grpcPort: grpc.port,
    metricsPort: admin.port,
    types: app.types,
    drain,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}
