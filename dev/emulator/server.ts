/**
 * The HTTP side: sockets, bodies, limits, and the ways a connection can fail.
 * It stands on `node:http` because that one can really reset a connection;
 * `Deno.serve` is faster but always answers or closes in order.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import {
  createServer,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import { listen } from "../emulator_listener.ts";
import type { Answer } from "./errors.ts";
import type { SlowBodyFault } from "./fault_schema.ts";
import type { Outcome, Pipeline } from "./pipeline.ts";

/** Largest request body read, in bytes; a larger one answers 413. */
export const MAX_BODY_BYTES = 1024 * 1024;

/** Bytes after which a body that is too large costs the connection. */
const MAX_IGNORED_BYTES = 16 * MAX_BODY_BYTES;

/** Milliseconds an idle connection is kept, longer than clients keep theirs. */
const KEEP_ALIVE_MS = 65_000;

/** A listening server. */
export interface HttpServer extends AsyncDisposable {
  /** Port it listens on. */
  readonly port: number;
}

/**
 * Starts to listen.
 *
 * @param pipeline What ends the requests.
 * @param address Where to listen; port 0 takes any free one.
 * @throws If the address is taken or not allowed.
 */
export async function startHttpServer(
  pipeline: Pipeline,
  address: { readonly hostname: string; readonly port: number },
): Promise<HttpServer> {
  const timers = createTimers();
  const running = new Set<Promise<void>>();
  const server = createServer(
    { keepAliveTimeout: KEEP_ALIVE_MS },
    (request, response) => {
      const exchange: Promise<void> = serve({
        request,
        response,
        pipeline,
        timers,
      })
        // The emulator stops, or the connection broke meanwhile.
        .catch(() => void request.socket.destroy())
        .finally(() => running.delete(exchange));
      running.add(exchange);
    },
  );
  const listener = await listen(server, address);
  return {
    port: listener.port,
    async [Symbol.asyncDispose]() {
      timers.clear();
      await listener.close();
      // A signature under way would outlive the emulator.
      await Promise.all(running);
    },
  };
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly pipeline: Pipeline;
  readonly timers: Timers;
}

async function serve(
  { request, response, pipeline, timers }: Exchange,
): Promise<void> {
  const body = await readBody(request);
  if (body === "gone") return;
  const { method = "GET", url = "/", headers } = request;
  const outcome: Outcome = await pipeline({
    method,
    target: url,
    headers,
    body: body === "tooLarge" ? undefined : body,
  }, timers.wait);
  switch (outcome.kind) {
    case "hang":
      return;
    case "reset":
      request.socket.resetAndDestroy();
      return;
    case "answer":
      write(response, { ...outcome, timers });
  }
}

/** Reads a body up to the limit, and past it only to be able to answer. */
function readBody(
  request: IncomingMessage,
): Promise<string | "gone" | "tooLarge"> {
  if (request.method === "GET" || request.method === "DELETE") {
    // Left unread it would stand before the next request.
    request.resume();
    return Promise.resolve("");
  }
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let length = 0;
    request.on("data", (chunk: Buffer) => {
      length += chunk.length;
      if (length <= MAX_BODY_BYTES) chunks.push(chunk);
      else chunks.length = 0;
      if (length > MAX_IGNORED_BYTES) request.socket.destroy();
    });
    request.on("end", () => {
      if (length > MAX_BODY_BYTES) resolve("tooLarge");
      else if (chunks.length === 1) resolve((chunks[0] as Buffer).toString());
      else resolve(Buffer.concat(chunks).toString());
    });
    request.on("error", () => resolve("gone"));
    request.on("close", () => resolve("gone"));
  });
}

function write(
  response: ServerResponse,
  { answer, slow, timers }: {
    readonly answer: Answer;
    readonly slow?: SlowBodyFault | undefined;
    readonly timers: Timers;
  },
): void {
  const { status, body, headers } = answer;
  const text = typeof body === "string" ? body : JSON.stringify(body);
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(text),
    ...headers,
  });
  if (slow === undefined) response.end(text);
  else drip(response, { bytes: Buffer.from(text), slow, timers });
}

function drip(
  response: ServerResponse,
  { bytes, slow, timers }: {
    readonly bytes: Buffer;
    readonly slow: SlowBodyFault;
    readonly timers: Timers;
  },
): void {
  const { chunkBytes = 1, intervalMs = 100 } = slow;
  let sent = 0;
  response.flushHeaders();
  const stop = timers.repeat(intervalMs, () => {
    response.write(bytes.subarray(sent, sent + chunkBytes));
    sent += chunkBytes;
    if (sent < bytes.length) return;
    stop();
    response.end();
  });
  response.on("close", stop);
}

/** Timers that can all be ended at one time. */
interface Timers {
  /** Ends after so many milliseconds, or fails when cleared before. */
  readonly wait: (ms: number) => Promise<void>;
  /** Calls back again and again until the returned function is called. */
  readonly repeat: (ms: number, callback: () => void) => () => void;
  /** Ends all. */
  readonly clear: () => void;
}

function createTimers(): Timers {
  const ends = new Set<() => void>();
  return {
    wait(ms) {
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          ends.delete(end);
          resolve();
        }, ms);
        function end(): void {
          clearTimeout(timer);
          reject(new Error("The emulator stops"));
        }
        ends.add(end);
      });
    },
    repeat(ms, callback) {
      const timer = setInterval(callback, ms);
      function end(): void {
        clearInterval(timer);
        ends.delete(end);
      }
      ends.add(end);
      return end;
    },
    clear() {
      for (const end of ends) end();
      ends.clear();
    },
  };
}
