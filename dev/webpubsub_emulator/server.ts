/**
 * The HTTP side of the emulator.
 *
 * @module
 */

import {
  createServer,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import type { Duplex } from "node:stream";
import { listen } from "../emulator_listener.ts";

/** Largest body, in bytes. */
const MAX_BODY = 2 * 1_024 * 1_024;

/** An answer. */
export interface Answer {
  /** The status. */
  readonly status: number;
  /** The service's name of what is wrong. */
  readonly code?: string;
  /** What is sent as JSON. */
  readonly json?: unknown;
}

/** What a server does with what comes. */
export interface Handlers {
  /** Answers a request. */
  readonly request: (
    request: IncomingMessage,
    body: Uint8Array<ArrayBuffer>,
  ) => Promise<Answer>;
  /** Takes the handshake of a WebSocket. */
  readonly upgrade: (
    request: IncomingMessage,
    socket: Duplex,
    head: Uint8Array,
  ) => Promise<void>;
}

/** A listening server. */
export interface Server extends AsyncDisposable {
  /** Its port. */
  readonly port: number;
}

/**
 * Starts to listen.
 *
 * @throws The address is taken or not allowed.
 */
export async function startServer(
  handlers: Handlers,
  address: { readonly hostname: string; readonly port: number },
): Promise<Server> {
  const running = new Set<Promise<unknown>>();
  const track = (promise: Promise<unknown>) => {
    running.add(promise);
    promise.finally(() => running.delete(promise));
  };
  const server = createServer((request, response) =>
    track(
      serve(handlers, request, response).catch(() =>
        void request.socket.destroy()
      ),
    )
  );
  server.on(
    "upgrade",
    (request: IncomingMessage, socket: Duplex, head: Uint8Array) =>
      track(
        handlers.upgrade(request, socket, head).catch(() => socket.destroy()),
      ),
  );
  const listener = await listen(server, address);
  return {
    port: listener.port,
    async [Symbol.asyncDispose]() {
      await listener.close();
      await Promise.allSettled(running);
    },
  };
}

async function serve(
  handlers: Handlers,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await readBody(request);
  const { status, code, json } = body === undefined
    ? { status: 413 } as Answer
    : await handlers.request(request, body);
  const text = json === undefined ? "" : JSON.stringify(json);
  response.writeHead(status, {
    ...(code === undefined ? {} : { "x-ms-error-code": code }),
    ...(text === ""
      ? {}
      : { "content-type": "application/json; charset=utf-8" }),
    ...(status === 204
      ? {}
      : { "content-length": new TextEncoder().encode(text).length }),
  });
  response.end(request.method === "HEAD" ? undefined : text);
}

/** @returns `undefined` if it is too large. */
async function readBody(
  request: IncomingMessage,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > MAX_BODY) return undefined;
    chunks.push(chunk);
  }
  return await new Blob(chunks).bytes();
}
