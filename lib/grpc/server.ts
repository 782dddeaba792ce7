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
  /** Where events go. */
  readonly app: EventTarget;
  /** All events; those that the app takes are served. */
  readonly catalog: EventCatalog;
  /**
   * The types that handlers name themselves, not by the pattern of a channel.
   *
   * @default {all that the app takes}
   */
  readonly named?: ReadonlySet<string>;
  /** The port; 0 takes any free one. */
  readonly port: number;
  /** What events may take, decoded. @default {as much as they need} */
  readonly memory?: MemoryBudget;
  /** Where refusals are logged that no event came of. @default {nowhere} */
  readonly log?: Logger;
  /** Told of every call. @default {nobody} */
  readonly observer?: CallObserver;
  /** What a rejected event is answered. @default {"reject"} */
  readonly onReject?: "reject" | "ack";
  /** Says who may send events. @default {everybody} */
  readonly authorize?: Authorizer | undefined;
  /** Largest message accepted, in bytes. @default {4194304} */
  readonly maxMessageBytes?: number;
  /** How long a message may take to come, in milliseconds. @default {30000} */
  readonly receiveTimeout?: number;
  /** How long a connection may be silent before it is pinged, in ms. @default {60000} */
  readonly keepaliveTime?: number;
  /** How long the ping may go unanswered, in milliseconds. @default {20000} */
  readonly keepaliveTimeout?: number;
}

/** A listening gRPC server. Disposing ends it at once. */
export interface GrpcServer extends Disposable {
  /** The port it listens on. */
  readonly port: number;
  /** Full names of the event services that are served. */
  readonly services: readonly string[];
  /** Says NOT_SERVING, to whoever asks and whoever watches. */
  stopServing(): void;
  /**
   * Takes no new connections, and resolves when the calls under way are answered,
   * at the latest when `signal` ends.
   */
  close(signal: AbortSignal): Promise<void>;
}

/**
 * Streams of one connection at a time. A connector needs a few dozen; a peer that
 * opens more has them wait in its own memory.
 */
const MAX_STREAMS = 1_024;

/** Bytes of messages held at once, over all connections; or four of the largest. */
const MAX_HELD = 32 * 1_048_576;

/** The only methods whose callers may take their time between messages. */
const CONVERSATIONS = "/grpc.reflection.";

/**
 * Registers everything, then opens the port: a connector asks for the methods once,
 * at its start, and does not find what comes later.
 *
 * @throws {ProtoFileError} A proto file cannot be used.
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
 * Logs what is refused before it is an event (a call that is broken, or not allowed):
 * nothing else would say why it comes again.
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
 * Answers INTERNAL where grpc-js says UNIMPLEMENTED of a method that is served: for no
 * message, half of one, two, or an encoding it does not know. A connector would never
 * call the method again, INTERNAL has it try once more.
 */
const neverUnimplemented: grpc.ServerInterceptor = (_method, call) => {
  const sendStatus = call.sendStatus.bind(call);
  // On the call itself, whose own refusals pass no interceptor. What is around it, the
  // observer too, sees what is sent in the end.
  call.sendStatus = (status) => {
    const isBroken = status.code === grpc.status.UNIMPLEMENTED;
    sendStatus(isBroken ? { ...status, ...BROKEN_CALL } : status);
  };
  // What grpc-js wants is the interface; its types ask for the one class of its own.
  return call as grpc.ServerInterceptingCall;
};

const BROKEN_CALL = {
  code: grpc.status.INTERNAL,
  details: "Call is broken: expected one whole message",
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
