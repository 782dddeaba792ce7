/**
 * The app of the service: handlers, the pipe around them, and its stores.
 *
 * @module
 */

import { type App, createApp } from "../core/app.ts";
import type { EventCatalog } from "../core/catalog.ts";
import type { Config } from "../core/config.ts";
import type { IdempotencyStore } from "../core/idempotency_store.ts";
import type { MemoryBudget } from "../core/memory_budget.ts";
import type { Handler } from "../core/on.ts";
import { checkCarried, type SourceDefinition } from "../core/source.ts";
import { type OpenedStore, openStore } from "../idempotency/open_store.ts";
import { createPipe, type Pipe } from "../middleware/pipe.ts";
import type { ConfirmRecord, Logs } from "../telemetry/log.ts";
import { rememberRunning } from "../telemetry/running_event.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import type { Clients } from "./clients.ts";
import { openDeadLetterSink } from "./dead_letters.ts";

/** Options of {@linkcode openApp}. */
export interface OpenAppOptions {
  /** The settings. */
  readonly config: Config;
  /** The handlers of `handlers/mod.ts`. */
  readonly handlers: readonly Handler[];
  /** The service's own handlers beside them. */
  readonly taps: readonly Handler[];
  /** AGS's events. */
  readonly catalog: EventCatalog;
  /** All sources. */
  readonly all: readonly SourceDefinition[];
  /** The enabled sources. */
  readonly enabled: readonly SourceDefinition[];
  /** The clients that handlers use. */
  readonly clients: Clients;
  /** The memory budget for decoded events. */
  readonly memory: MemoryBudget;
  /** Metrics and traces of events. */
  readonly telemetry: Telemetry;
  /** Loggers by category. */
  readonly logs: Logs;
  /** Writes records that must not be dropped. @default {like `logs`} */
  readonly confirm?: ConfirmRecord | undefined;
  /** Whether payloads are logged, redacted. @default {false} */
  readonly logsPayloads?: boolean | undefined;
  /**
   * Opens the store of `IDEMPOTENCY_STORE=memory`. @default {in this process}
   */
  readonly openMemory?: (() => IdempotencyStore) | undefined;
}

/**
 * The app and its stores. Disposing closes the idempotency store and the dead
 * letters.
 */
export interface OpenedApp extends AsyncDisposable {
  /** Takes events. */
  readonly app: App;
  /** The policies around its handlers. */
  readonly pipe: Pipe;
  /** The store of handled events; `undefined` if there is none. */
  readonly store: OpenedStore | undefined;
}

/**
 * Opens the store and the dead letters, and puts the pipe around the handlers.
 *
 * @throws {AppError} A handler's event type does not exist, is handled twice,
 * or is carried by no enabled source.
 * @throws {LetterFileError} The file of dead letters cannot be written.
 */
export async function openApp(options: OpenAppOptions): Promise<OpenedApp> {
  const { config, handlers, taps, catalog, all, enabled } = options;
  const { clients, logs } = options;
  const { tracing, events, idempotency, countLetter } = options.telemetry;
  await using stack = new AsyncDisposableStack();
  const letters = stack.use(
    await openDeadLetterSink({ ...options, streams: clients.streams }),
  );
  const store = stack.use(
    openStore({
      config,
      log: logs.idempotency,
      observer: idempotency,
      openMemory: options.openMemory,
    }),
  );
  if (store !== undefined) idempotency.watch(store.name);
  const pipe = stack.use(createPipe({
    config,
    log: logs.events,
    logsPayloads: options.logsPayloads ?? false,
    onEnded: events.ended,
    trace: rememberRunning(tracing.middleware),
    store,
    storeLog: logs.idempotency,
    letters,
    onLetter: countLetter,
  }));
  const app = createApp({
    handlers,
    taps,
    knownTypes: [
      ...catalog.types,
      ...all.flatMap(({ eventTypes = [] }) => eventTypes),
    ],
    openTypes: all.flatMap(({ openTypes }) => openTypes ?? []),
    openChannels: all.flatMap(({ openChannels = [] }) => openChannels),
    middleware: pipe.middleware,
    createContext: clients.createContext,
    onRefused: (delivery, result) =>
      events.ended(delivery, result, { milliseconds: 0 }),
  });
  checkCarried([...handlers, ...taps], {
    enabled,
    all,
    agsTypes: catalog.types,
  });
  events.watch({
    routes: app.routes,
    concurrency: pipe.concurrency,
    limit: config.maxConcurrency,
    queueLimit: config.maxQueue,
    memory: options.memory,
    sources: config.sources,
  });
  const running = stack.move();
  return {
    app,
    pipe,
    store,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}
