/**
 * Composes the service: what `main.ts` runs, and what tests run instead.
 *
 * @module
 */

import { startAdminServer } from "./admin/server.ts";
import type { Config } from "./core/config.ts";
import type { Logger } from "./core/context.ts";
import type { IdempotencyStore } from "./core/idempotency_store.ts";
import type { LineWriter } from "./core/line_writer.ts";
import { createMemoryBudget } from "./core/memory_budget.ts";
import type { Handler } from "./core/on.ts";
import {
  enabledSources,
  type Endpoint,
  type Source,
  type SourceDefinition,
} from "./core/source.ts";
import type { LogCategory } from "./config/log_levels.ts";
import type { KafkaPort } from "./eventstream/port.ts";
import { readCatalog } from "./events/catalog.ts";
import { type BuildInfo, VERSION } from "./process/build_info.ts";
import { createArchiving } from "./service/archiving.ts";
import { openApp } from "./service/app.ts";
import { openClients } from "./service/clients.ts";
import { createLazyInbox } from "./service/lazy_inbox.ts";
import { createLazyListener } from "./service/lazy_listener.ts";
import { readiness } from "./service/readiness.ts";
import { createShutdown } from "./service/shutdown.ts";
import { SOURCES } from "./sources.ts";
import { allLogs, type ConfirmRecord, type Logs } from "./telemetry/log.ts";
import { startTelemetry } from "./telemetry/telemetry.ts";
import { witnessed } from "./telemetry/witness.ts";
import type { Witness } from "./core/witness.ts";

/** Options of {@linkcode startService}. */
export interface ServiceOptions {
  /** The settings. Ports may be 0: any free one. */
  readonly config: Config;
  /** The handlers of `handlers/mod.ts`. */
  readonly handlers: readonly Handler[];
  /** Absolute path of the proto folder. */
  readonly protoFolder: string;
  /** The service's logger. */
  readonly log: Logger;
  /** Loggers by category. @default {`log`, for all} */
  readonly logs?: Logs;
  /** Standard output. @default {unknown} */
  readonly output?: LineWriter;
  /** Writes records that must not be dropped. @default {like `logs`} */
  readonly confirm?: ConfirmRecord;
  /** Whether payloads are logged, redacted. @default {false} */
  readonly logsPayloads?: boolean;
  /** The build of the service. @default {the version, from source} */
  readonly build?: BuildInfo;
  /** All sources; `SOURCES` selects those to open. @default {all} */
  readonly sources?: readonly SourceDefinition[];
  /**
   * Opens the store of `IDEMPOTENCY_STORE=memory`. @default {in this process}
   */
  readonly openMemory?: () => IdempotencyStore;
  /**
   * Access to Kafka. @default {the library, with the brokers of the settings}
   */
  readonly kafkaPort?: () => Promise<KafkaPort>;
  /** Told of events and requests, one by one: a development tool. @default {nobody} */
  readonly witness?: Witness | undefined;
}

/**
 * A running service. Disposing ends it at once; call `drain` first to lose
 * nothing.
 */
export interface Service extends AsyncDisposable {
  /** Where events arrive. */
  readonly endpoints: readonly Endpoint[];
  /** The port of `/metrics`, `/livez` and `/readyz`. */
  readonly metricsPort: number;
  /** The served event types. */
  readonly types: readonly string[];
  /**
   * The port that a source listens on.
   *
   * @throws {RangeError} The source is not open, or has no port.
   */
  portOf(source: string): number;
  /**
   * Reports NOT_SERVING, accepts no new events, and resolves when those in
   * flight are answered: by their handlers within `SHUTDOWN_GRACE`, then with
   * UNAVAILABLE.
   */
  drain(): Promise<void>;
  /**
   * Drains, then ends everything else.
   *
   * @param grace Time for all of it, in milliseconds. @default {SHUTDOWN_GRACE}
   */
  stop(grace?: number): Promise<void>;
}

const FROM_SOURCE: BuildInfo = { version: VERSION, commit: "source" };

/**
 * Starts the service. If a step fails, all earlier ones are undone.
 *
 * @throws {AppError} A handler's event type does not exist, or is handled
 * twice.
 * @throws {ProtoFileError} A proto file is invalid.
 * @throws {LetterFileError} The file of dead letters cannot be written.
 * @throws {KafkaSettingsError} A certificate or key for Kafka cannot be read.
 * @throws {ListenError} A port cannot be opened.
 */
export async function startService(options: ServiceOptions): Promise<Service> {
  const { config, log, handlers, sources: all = SOURCES } = options;
  const { logs = allLogs(log), build = FROM_SOURCE } = options;
  const enabled = enabledSources(all, config.sources);
  const catalog = readCatalog(options.protoFolder);
  const memory = createMemoryBudget(config.eventMemoryBytes);
  await using stack = new AsyncDisposableStack();
  // First in, last out: late spans are still part of a trace.
  const started = stack.use(await startTelemetry({ ...options, build }));
  const telemetry = witnessed(started, options.witness);
  const shared = { ...options, logs, telemetry, catalog, memory };
  const clients = stack.use(await openClients(shared));
  const archiving = createArchiving({
    config,
    log: logs.archive,
    metrics: telemetry.metrics,
    trace: telemetry.tracing.traceTask,
  });
  const taps = archiving.handlers;
  const opened = await openApp({ ...shared, taps, all, enabled, clients });
  const { app } = stack.use(opened);

  const sources: Source[] = [];
  const listener = stack.use(createLazyListener({
    config,
    log: logs.http,
    metrics: telemetry.metrics,
  }));
  const inbox = stack.use(createLazyInbox({
    config,
    app,
    memory,
    log: logs.inbox,
    metrics: telemetry.metrics,
    hasRanges: archiving.isOn,
  }));
  stack.use(archiving);
  const shutdown = createShutdown({
    ...opened,
    grace: config.shutdownGrace,
    sources,
    listener,
    inbox,
    archiving,
    tracing: telemetry.tracing,
    end: () => running.disposeAsync(),
    log,
  });
  const admin = stack.use(
    await startAdminServer({
      port: config.metricsPort,
      metrics: telemetry.collect,
      ready: readiness({ ...opened, ags: clients.ags, sources, shutdown }),
    }),
  );
  const named = new Set([...handlers, ...taps].flatMap(({ types }) => types));
  const { metrics } = telemetry;
  // Before the first event comes that is to be archived.
  await archiving.start(inbox.open);
  for (const { name, open } of enabled) {
    const log = logs[name as LogCategory] ?? logs.service;
    const on = { http: listener.open, inbox: inbox.open };
    const deps = { app, config, catalog, named, log, metrics, memory, ...on };
    sources.push(stack.use(await open(deps)));
  }
  inbox.start();
  listener.start();

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
    drain: shutdown.drain,
    stop: shutdown.stop,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}
