/**
 * Runs the app as in production, for tests.
 *
 * @module
 */

import { join } from "node:path";
import { sampleOf } from "../../dev/client_event_sample.ts";
import { makeEvent } from "../../dev/event_source.ts";
import { parseSeed } from "../../dev/emulator/seed.ts";
import type { Stub } from "../../dev/emulator/stub.ts";
import { findOpenEvent } from "../../dev/open_event.ts";
import {
  DEFAULT_CLIENT_ID,
  DEFAULT_CLIENT_SECRET,
  DEFAULT_NAMESPACE,
} from "../../dev/emulator/mod.ts";
import type { Environment } from "../config/parse.ts";
import type { Settings } from "../config/setting.ts";
import { parseConfig } from "../config/table.ts";
import { checkEntry, isFailure } from "../capture/entry.ts";
import { CHANNEL as CLIENT_CHANNEL, eventOf } from "../capture/record.ts";
import { createApp, type DispatchOptions } from "../core/app.ts";
import type { Config } from "../core/config.ts";
import type { DeadLetter } from "../core/dead_letter.ts";
import type { Event, EventType } from "../core/event.ts";
import { channelOf } from "../core/event_types.ts";
import type { Handler } from "../core/on.ts";
import type { Result } from "../core/outcome.ts";
import { readCatalog } from "../events/catalog.ts";
import { loadOpenEvents, OPEN_CHANNELS } from "../events/open_events.ts";
import { readEvent } from "../events/read_event.ts";
import { type ServedEvent, servedEvents } from "../events/served_events.ts";
import { bufferOf } from "../events/buffer.ts";
import type { Message } from "../grpc/publisher.ts";
import { contextMaker } from "../handler_context.ts";
import { createMemoryStore } from "../idempotency/memory_store.ts";
import { createEventPublishing } from "../kafka/event_publishing.ts";
import { createPipe } from "../middleware/pipe.ts";
import { SOURCES } from "../sources.ts";
import { createWebPubSubCalls } from "../webpubsub/source/calls.ts";
import { createTestAgs, type TestAgs } from "./ags.ts";
import {
  eventsInto,
  lettersInto,
  logInto,
  type LogLine,
  messagesInto,
  type PublishedEvent,
} from "./recorders.ts";

/** Options of {@linkcode startTestApp}. */
export interface TestAppOptions {
  /** The handlers to test. */
  readonly handlers: readonly Handler[];
  /**
   * The handlers' own settings, from `handlers/settings.ts`. @default {none}
   */
  readonly settings?: Settings;
  /** Environment variables of settings, such as the handlers' required ones. */
  readonly env?: Environment;
  /** Settings by their names in `ctx.config`; they override variables. */
  readonly config?: Partial<Config>;
  /** Answers of AGS that the emulator does not have by itself. @default {none} */
  readonly stubs?: readonly Stub[];
  /**
   * The game's own codes and players, as `emulator/seed.json` has them: import
   * that file to use it. @default {what the emulator has by itself}
   */
  readonly seed?: object;
}

/** Options of {@linkcode TestApp.deliver}. */
export interface DeliverOptions {
  /**
   * Fields of the event that differ from the generated sample, by their paths:
   * `{ userId: "u1", "payload.userAuthentication.refresh": true }`. An `id`
   * that was delivered before makes a redelivery.
   */
  readonly set?: Readonly<Record<string, unknown>>;
  /** Aborts the event, as when a caller disconnects. */
  readonly signal?: AbortSignal;
  /** Whether an operator replays a dead letter. @default {false} */
  readonly replay?: boolean;
}

/** An app with handlers, and everything that they did. */
export interface TestApp extends AsyncDisposable {
  /** The event types that have a handler, sorted. */
  readonly types: readonly string[];
  /** AGS: its requests and grants, and fault injection. */
  readonly ags: TestAgs;
  /** What handlers logged, in order. */
  readonly log: readonly LogLine[];
  /** The line of each event, as an operator sees it. */
  readonly events: readonly LogLine[];
  /** Events published on the event stream, in order. */
  readonly published: readonly PublishedEvent[];
  /** Messages published through AGS's async messaging, in order. */
  readonly messages: readonly Message[];
  /** The dead letters, in order. */
  readonly deadLetters: readonly DeadLetter[];
  /**
   * Delivers a sample of an event, encoded as on the wire, through the
   * production pipe: namespace, limits, deadline, filter, idempotency, dead
   * letters.
   *
   * @param type The event's key, such as `userAuthentication.userLoggedIn`.
   * @param options Differences from the sample.
   * @returns The result. `answer` has a scheduled task's answer, decoded.
   * @throws {RangeError} No handler takes the event.
   * @throws {EventJsonError} A field in `set` does not exist, or does not
   * accept the value.
   */
  deliver(type: EventType, options?: DeliverOptions): Promise<Result>;
}

const PROTO_FOLDER = join(import.meta.dirname ?? ".", "../../proto");

const ENVIRONMENT: Environment = {
  AB_BASE_URL: "http://127.0.0.1:1",
  AB_CLIENT_ID: DEFAULT_CLIENT_ID,
  AB_CLIENT_SECRET: DEFAULT_CLIENT_SECRET,
  AB_NAMESPACE: DEFAULT_NAMESPACE,
};

let catalogRead: ReturnType<typeof readCatalog> | undefined;

/**
 * Starts an app with handlers. It opens no port until a handler calls AGS.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { on } from "event-handler";
 * import { startTestApp } from "event-handler/testing";
 *
 * const handler = on("userAuthentication.userLoggedIn", (event, ctx) => {
 *   ctx.log.info("Player logged in", { userId: event.data.userId });
 * });
 *
 * await using app = await startTestApp({ handlers: [handler] });
 * const { outcome } = await app.deliver("userAuthentication.userLoggedIn", {
 *   set: { userId: "u1" },
 * });
 * assert.equal(outcome, "handled");
 * ```
 *
 * @throws {ConfigError} A setting is missing or invalid.
 * @throws {AppError} A handler's event does not exist.
 * @throws {SeedError} `seed` is not a seed.
 */
export function startTestApp(options: TestAppOptions): Promise<TestApp> {
  return Promise.try(createTestApp, options);
}

/** An event of a player, from what the player's game sends. */
function clientEvent(type: string, sets: readonly string[], namespace: string) {
  const checked = checkEntry({ detail: sampleOf(type, { sets }) }, {
    ...{ detailType: "test", source: "clientevents", region: "local" },
    ...{ account: "000000000000", resources: ["test-player"] },
    ...{ scope: "", time: Date.now(), maxCost: Infinity },
  });
  if (isFailure(checked)) throw new RangeError(checked.errorMessage);
  const { bytes } = checked;
  return { bytes, event: eventOf(new TextDecoder().decode(bytes), namespace) };
}

function createTestApp(options: TestAppOptions): TestApp {
  const { handlers, settings = {}, env = {} } = options;
  const parsed = parseConfig({ ...ENVIRONMENT, ...env }, settings, SOURCES);
  const config = { ...parsed.config, ...options.config } as Config;
  const log: LogLine[] = [];
  const events: LogLine[] = [];
  const published: PublishedEvent[] = [];
  const messages: Message[] = [];
  const deadLetters: DeadLetter[] = [];
  const store = createMemoryStore();
  const ags = createTestAgs({
    namespace: config.namespace,
    stubs: options.stubs ?? [],
    ...(options.seed !== undefined &&
      parseSeed(JSON.stringify(options.seed))),
  });
  const catalog = catalogRead ??= readCatalog(PROTO_FOLDER);
  const pipe = createPipe({
    config,
    log: logInto(events),
    store,
    letters: lettersInto(deadLetters),
  });
  const messaging = messagesInto(messages);
  const app = createApp({
    handlers,
    knownTypes: catalog.types,
    openChannels: [...OPEN_CHANNELS, CLIENT_CHANNEL],
    middleware: pipe.middleware,
    createContext: contextMaker({
      config,
      log: logInto(log),
      ags,
      messaging: { bind: () => messaging },
      webPubSub: createWebPubSubCalls(config),
      publishing: createEventPublishing({
        stream: eventsInto(published),
        trace: undefined,
      }),
    }),
  });
  const served: readonly ServedEvent[] = [
    ...servedEvents(catalog, app.types).events,
    ...loadOpenEvents(PROTO_FOLDER, app.types).events,
  ];

  async function deliver(
    type: EventType,
    { set = {}, signal, replay = false }: DeliverOptions = {},
  ): Promise<Result> {
    const sets = Object.entries(set).map(([path, value]) =>
      `${path}=${typeof value === "string" ? value : JSON.stringify(value)}`
    );
    if (channelOf(type) === CLIENT_CHANNEL && isHandled(type)) {
      const { event, bytes } = clientEvent(type, sets, config.namespace);
      return await dispatch(event, { bytes, signal, replay });
    }
    const found = served.find((each) => each.type === type) ??
      served.find((each) => each.type === `${channelOf(type)}.*`);
    if (found === undefined) {
      throw new RangeError(
        `No handler takes "${type}": expected one of ${app.types.join(", ")}`,
      );
    }
    const open = findOpenEvent(type)?.fields;
    const { bytes } = makeEvent({
      type,
      path: found.path,
      message: found.message,
      ...(open !== undefined && { open }),
    }, {
      namespace: config.namespace,
      json: undefined,
      sets,
      isOneOfMany: false,
    });
    const { event, malformed } = readEvent(found, bufferOf(bytes));
    return await dispatch(event, {
      ...{ bytes, malformed, signal, replay },
      // Validated as in production, but kept as the handler returned it, for
      // tests to read.
      encode: found.answers && ((value) => {
        found.answers?.encode(value);
        return value;
      }),
    });
  }

  const isHandled = (type: string) =>
    app.types.some((each) => each === type || each === `${channelOf(type)}.*`);

  async function dispatch(
    event: Event,
    { signal, replay, ...how }:
      & Pick<DispatchOptions, "bytes" | "malformed" | "encode">
      & { readonly signal: AbortSignal | undefined; readonly replay: boolean },
  ): Promise<Result> {
    const controller = new AbortController();
    const onAbort = () => controller.abort(signal?.reason);
    signal?.addEventListener("abort", onAbort, { once: true });
    if (signal?.aborted) onAbort();
    const result = await app.dispatch(event, {
      ...how,
      source: "test",
      controller,
      isReplay: replay,
    });
    signal?.removeEventListener("abort", onAbort);
    return result;
  }

  return {
    types: app.types,
    ags,
    log,
    events,
    published,
    messages,
    deadLetters,
    deliver,
    async [Symbol.asyncDispose]() {
      pipe[Symbol.dispose]();
      await ags[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
    },
  };
}
