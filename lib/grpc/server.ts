/**
 * The gRPC server that AGS's connector calls.
 *
 * @module
 */

import * as grpc from "@grpc/grpc-js";
import type { EventTarget } from "../core/app.ts";
import type { Logger } from "../core/context.ts";
import { listenOnAll } from "../core/listen_on_all.ts";
import type { Authorizer } from "./auth.ts";
import type { CallObserver, RefusedCall } from "./call_observer.ts";
import { createInflater } from "./compression.ts";
import type { EventCatalog } from "../core/catalog.ts";
import type { MemoryBudget } from "../core/memory_budget.ts";
import { addHealth } from "./health.ts";
import { quietLibrary } from "./library_log.ts";
import { loadOpenEvents } from "../events/open_events.ts";
import { limitReceiving } from "./receive_limits.ts";
import { observeCalls } from "./observe_calls.ts";
import { readOversized } from "./oversized.ts";
import { addReflection } from "./reflection.ts";
import { servedEvents } from "../events/served_events.ts";
import { endSessions, guardSessions, onStreams } from "./session_guard.ts";
import { addEvents } from "./source.ts";
import { shortenTimeout } from "./timeout_header.ts";

/** Options of {@linkcode startGrpcServer}. */
export interface GrpcServerOptions {
  /** The app that takes the events. */
  readonly app: EventTarget;
  /** All events; those that the app takes are served. */
  readonly catalog: EventCatalog;
  /**
   * The types that handlers name explicitly, not through a channel pattern.
   *
   * @default {all that the app takes}
   */
  readonly named?: ReadonlySet<string>;
  /** The port; 0 takes any free one. */
  readonly port: number;
  /** The memory budget for decoded events. @default {unlimited} */
  readonly memory?: MemoryBudget;
  /** Logs refusals of calls that did not become an event. @default {none} */
  readonly log?: Logger;
  /** Observes every call. @default {none} */
  readonly observer?: CallObserver;
  /** The answer to a rejected event. @default {"reject"} */
  readonly onReject?: "reject" | "ack";
  /** Authorizes the sending of events. @default {everybody} */
  readonly authorize?: Authorizer | undefined;
  /** Largest accepted message, in bytes. @default {4194304} */
  readonly maxMessageBytes?: number;
  /** Time limit for a message to arrive, in milliseconds. @default {30000} */
  readonly receiveTimeout?: number;
  /**
   * How long a connection may be idle before it is pinged, in milliseconds.
   * @default {60000}
   */
  readonly keepaliveTime?: number;
  /**
   * How long to wait for the answer to a ping, in milliseconds.
   * @default {20000}
   */
  readonly keepaliveTimeout?: number;
}

/** A listening gRPC server. Disposing ends it at once. */
export interface GrpcServer extends Disposable {
  /** The port it listens on. */
  readonly port: number;
  /** Full names of the served event services. */
  readonly services: readonly string[];
  /** Reports NOT_SERVING to health checks and watches. */
  stopServing(): void;
  /**
   * Accepts no new connections, and resolves when running calls are answered,
   * at the latest when `signal` aborts.
   */
  close(signal: AbortSignal): Promise<void>;
}

/**
 * Concurrent streams per connection. A connector needs a few dozen; further
 * streams of a peer wait in its own memory.
 */
const MAX_STREAMS = 1_024;

/**
 * Bytes of buffered messages, over all connections; or four times the largest
 * message.
 */
const MAX_HELD = 32 * 1_048_576;

/** The only methods whose callers may pause between messages. */
const CONVERSATIONS = "/grpc.reflection.";

/**
 * Registers everything, then opens the port: a connector reads the methods
 * once, when it starts, and does not see later ones.
 *
 * @throws {ProtoFileError} A proto file is invalid.
 * @throws {ListenError} The port cannot be opened.
 */
export async function startGrpcServer(
  options: GrpcServerOptions,
): Promise<GrpcServer> {
  const { app, catalog, onReject = "reject", authorize } = options;
  const { protoFolder } = catalog;
  const { maxMessageBytes = 4_194_304, receiveTimeout } = options;
  const maxBytes = Math.max(MAX_HELD, 4 * maxMessageBytes);
  guardSessions();
  quietLibrary();
  const onRefused = (refused: RefusedCall) => logRefusal(options.log, refused);
  const calls = observeCalls({
    observer: options.observer,
    onRefused,
    resetCodeOf: (stream) => receiving.codeOf(stream),
  });
  const fixed = servedEvents(catalog, app.types, options);
  for (const { key, declaredAt } of fixed.absent) {
    options.log?.warn("Event has no service", { eventType: key, declaredAt });
  }
  const open = loadOpenEvents(protoFolder, app.types);
  const events = [...fixed.events, ...open.events];
  const paths = new Set(events.map(({ path }) => path));
  const inflater = createInflater({ paths, maxMessageBytes, maxBytes });
  const oversized = readOversized({
    paths,
    maxMessageBytes,
    maxHashedBytes: maxBytes,
    onDropped: (stream) => receiving.drop(stream),
  });
  const server = new grpc.Server({
    "grpc.enable_channelz": 0,
    "grpc.max_receive_message_length": maxMessageBytes,
    "grpc.max_concurrent_streams": MAX_STREAMS,
    "grpc.keepalive_time_ms": options.keepaliveTime ?? 60_000,
    "grpc.keepalive_timeout_ms": options.keepaliveTimeout ?? 20_000,
    interceptors: [
      calls.interceptor,
      inflater.interceptor,
      oversized.interceptor,
      neverUnimplemented,
    ],
  });
  calls.attach(server);
  const services = events.map(({ service }) => service);
  addEvents(server, {
    app,
    events,
    memory: options.memory,
    onReject,
    authorize,
    inflater,
    oversized,
    onRefused,
  });
  const health = addHealth(server, { protoFolder, services });
  addReflection(server, {
    protoFolder,
    files: [fixed.files, open.files, health.files],
    services: [...services, health.service],
  });
  const port = await listen(server, options.port);
  const receiving = limitReceiving({
    maxBytes,
    conversations: CONVERSATIONS,
    ...(receiveTimeout !== undefined && { timeout: receiveTimeout }),
    onEnded({ reason, code, count }) {
      options.log?.warn("Calls were ended before their message was complete", {
        reason,
        code: grpc.status[code],
        count,
      });
    },
  });
  const watching = onStreams(port, (stream, headers) => {
    shortenTimeout(headers);
    if (!stream.endAfterHeaders) receiving.watch(stream, headers);
  });
  health.set("SERVING");

  return {
    port,
    services,
    stopServing() {
      health.set("NOT_SERVING");
    },
    async close(signal) {
      health.endWatches();
      await closed(server, signal);
    },
    [Symbol.dispose]() {
      watching[Symbol.dispose]();
      receiving[Symbol.dispose]();
      server.forceShutdown();
      // Without channelz, it leaves the connections open.
      endSessions(port);
    },
  };
}

/**
 * Logs calls that are refused before they become an event (broken, or not
 * allowed): nothing else would explain why the event is delivered again.
 */
function logRefusal(
  log: Logger | undefined,
  { method, code, details }: RefusedCall,
): void {
  log?.warn("Call was refused before it became an event", {
    method,
    code: grpc.status[code],
    details,
  });
}

/**
 * Answers INTERNAL where grpc-js answers UNIMPLEMENTED for a served method: for
 * a missing, truncated or repeated message, or an unknown encoding. After
 * UNIMPLEMENTED a connector would never call the method again; after INTERNAL
 * it retries.
 */
const neverUnimplemented: grpc.ServerInterceptor = (_method, call) => {
  const sendStatus = call.sendStatus.bind(call);
  // On the call object, because grpc-js's own refusals pass no interceptor.
  // Outer interceptors, including the observer, see what is finally sent.
  call.sendStatus = (status) => {
    const isBroken = status.code === grpc.status.UNIMPLEMENTED;
    sendStatus(isBroken ? { ...status, ...BROKEN_CALL } : status);
  };
  // grpc-js accepts any implementation of the interface, but its types require
  // its own class.
  return call as grpc.ServerInterceptingCall;
};

const BROKEN_CALL = {
  code: grpc.status.INTERNAL,
  details: "Call is broken: expected one complete message",
};

async function listen(server: grpc.Server, port: number): Promise<number> {
  const setting = "GRPC_PORT";
  const [first] = await listenOnAll(
    async (hostname, port) => {
      const host = hostname.includes(":") ? `[${hostname}]` : hostname;
      return { port: await bind(server, `${host}:${port}`) };
    },
    { port, setting },
  );
  return first.port;
}

function bind(server: grpc.Server, address: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const credentials = grpc.ServerCredentials.createInsecure();
    server.bindAsync(address, credentials, (error, port) => {
      if (error === null) resolve(port);
      else reject(error);
    });
  });
}

function closed(server: grpc.Server, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      signal.removeEventListener("abort", done);
      resolve();
    };
    signal.addEventListener("abort", done);
    if (signal.aborted) done();
    server.tryShutdown(done);
  });
}
