/**
 * The public HTTP listener: one port for all sources called over HTTP.
 *
 * It uses `node:http`, because `Deno.serve` waits for ever for a client that
 * sends slowly (denoland/deno#3515).
 *
 * @module
 */

import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import type { Socket } from "node:net";
import type { HttpConfig } from "../config/http.ts";
import type { Logger } from "../core/context.ts";
import { AppError } from "../core/errors.ts";
import type { HttpRoutes } from "../core/http.ts";
import { listenOnAll } from "../core/listen_on_all.ts";
import { unlessAborted } from "../core/async.ts";
import { type Call, createAnswering } from "./_answering.ts";
import { send } from "./_exchange.ts";
import { createHolder } from "./_holder.ts";
import { rawAnswerOf, statusOfParseError } from "./_problem.ts";
import type { HttpMetrics } from "./metrics.ts";

/** Options of {@linkcode openHttpListener}. */
export interface HttpListenerOptions {
  /** The settings. The port may be 0: any free one. */
  readonly config: HttpConfig;
  /** Logs failing routes and invalid requests. */
  readonly log: Logger;
  /** The metrics. @default {none} */
  readonly metrics?: HttpMetrics;
}

/**
 * A listener. Disposing ends it at once; call `drain` first to answer running
 * requests.
 */
export interface HttpListener extends HttpRoutes, AsyncDisposable {
  /** Starts calling the routes. */
  start(): void;
  /**
   * Accepts nothing new, and resolves when running requests are answered, at
   * the latest when `signal` aborts.
   */
  drain(signal: AbortSignal): Promise<void>;
}

/**
 * How long a connection may be idle, in milliseconds: longer than proxies keep
 * theirs.
 */
const IDLE_TIMEOUT = 75_000;
/** How often slow clients are checked, in milliseconds. */
const CHECK_INTERVAL = 1_000;
/** How long the rest of a refused body is read, in milliseconds. */
const LINGER = 2_000;

/**
 * Opens the listener. Requests are answered 503 until it is started: an event
 * answered 404 because a source is not open yet would be lost.
 *
 * @throws {ListenError} The port cannot be opened.
 */
export async function openHttpListener(
  { config, log, metrics }: HttpListenerOptions,
): Promise<HttpListener> {
  const { basePath, httpMaxConnections: limit } = config;
  const answering = createAnswering(config, log);
  const holder = createHolder(config.httpBufferBytes);
  const sockets = new Set<Socket>();
  /** Requests that are not fully answered, with their start times. */
  const open = new Map<ServerResponse, OpenRequest>();
  /** Connections that end once their peer has sent what nobody wants. */
  const lingering = new WeakSet<Socket>();
  let state: "opening" | "started" | "draining" = "opening";
  let emptied: (() => void) | undefined;

  async function onRequest(
    incoming: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const start = performance.now();
    const entry: OpenRequest = { answeredAt: undefined };
    const isOver = open.size >= limit;
    open.set(response, entry);
    const holding = holder.hold();
    const call: Call = { incoming, response, holding, route: undefined };
    response.once("close", () => {
      open.delete(response);
      holding[Symbol.dispose]();
      metrics?.ended({
        method: incoming.method ?? "",
        route: call.route?.path,
        status: response.headersSent ? response.statusCode : 0,
        seconds: (performance.now() - start) / 1_000,
      });
      if (open.size === 0) emptied?.();
    });
    // A disconnecting peer is noticed by the closed response.
    incoming.on("error", () => {});
    response.on("error", () => {});
    const refusal = isOver
      ? "Too many requests at once"
      : state === "started"
      ? undefined
      : `Listener is ${state}`;
    const answer = await answering.answer(call, refusal);
    entry.answeredAt = performance.now();
    const isWhole = incoming.complete;
    if (!isWhole) {
      const { socket } = incoming;
      // What ends the connection once the answer is written: half of it is enough.
      socket.destroySoon = () => void socket.end();
      incoming.resume();
      linger(socket);
    }
    send(response, answer, !isWhole || state === "draining");
  }

  /**
   * Keeps reading for a moment: a peer that is still sending would not see its
   * answer if the connection were reset.
   */
  function linger(socket: Socket): void {
    if (socket.destroyed) return;
    lingering.add(socket);
    const timer = setTimeout(() => socket.destroy(), LINGER);
    socket.once("close", () => clearTimeout(timer));
  }

  function onConnection(socket: Socket): void {
    if (sockets.size >= limit || state === "draining") {
      metrics?.refusedConnection();
      socket.destroy();
      return;
    }
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  }

  function onClientError(
    error: Error & { readonly code?: unknown },
    socket: Socket,
  ): void {
    // It has its answer.
    if (lingering.has(socket)) return;
    const status = statusOfParseError(error.code);
    if (status === undefined || !socket.writable) return void socket.destroy();
    metrics?.ended({ method: "", route: undefined, status, seconds: 0 });
    linger(socket);
    // What else comes is not to be parsed: each piece would be another error.
    socket.removeAllListeners("data");
    socket.resume();
    socket.end(rawAnswerOf(status));
  }

  function listen(hostname: string, port: number): Promise<Listening> {
    const server = createServer({
      maxHeaderSize: config.httpMaxHeaderBytes,
      headersTimeout: config.httpHeaderTimeout,
      requestTimeout: config.httpHeaderTimeout + config.httpBodyTimeout,
      keepAliveTimeout: IDLE_TIMEOUT,
      connectionsCheckingInterval: CHECK_INTERVAL,
    }, onRequest);
    server.on("connection", onConnection);
    server.on("clientError", onClientError);
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen({ host: hostname, port, ipv6Only: false }, () => {
        server.off("error", reject);
        server.on("error", (error) => log.error("HTTP listener", { error }));
        const address = server.address();
        if (address === null || typeof address === "string") {
          throw new AppError("HTTP listener has no port");
        }
        resolve({ server, port: address.port });
      });
    });
  }

  const servers = await listenOnAll(listen, {
    port: config.httpPort,
    setting: "HTTP_PORT",
  });
  const sweep = setInterval(() => {
    const since = performance.now() - config.httpBodyTimeout;
    for (const [response, { answeredAt }] of open) {
      if (answeredAt !== undefined && answeredAt < since) response.destroy();
    }
  }, CHECK_INTERVAL);
  metrics?.watch({
    get connections() {
      return sockets.size;
    },
    get requests() {
      return open.size;
    },
    get bufferedBytes() {
      return holder.held;
    },
  });

  function close(): Promise<unknown> {
    return Promise.all(
      servers.map(({ server }) =>
        new Promise<void>((resolve) => server.close(() => resolve()))
      ),
    );
  }

  let closed: Promise<unknown> | undefined;
  return {
    port: servers[0].port,
    basePath,
    add(...routes) {
      for (const route of routes) answering.table.add(route);
    },
    start() {
      if (state === "opening") state = "started";
    },
    async drain(signal) {
      state = "draining";
      closed ??= close();
      for (const { server } of servers) server.closeIdleConnections();
      if (open.size === 0) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      emptied = resolve;
      await unlessAborted(promise, signal);
    },
    async [Symbol.asyncDispose]() {
      state = "draining";
      clearInterval(sweep);
      closed ??= close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

interface OpenRequest {
  /**
   * When its answer was handed to the operating system; `undefined` until then.
   */
  answeredAt: number | undefined;
}

interface Listening {
  readonly server: Server;
  readonly port: number;
}
