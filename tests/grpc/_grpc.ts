/**
 * A gRPC server of one test, and a client for it.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import * as grpc from "@grpc/grpc-js";
import { guardSessions } from "../../lib/grpc/session_guard.ts";
import { PATIENCE } from "../_support/patience.ts";

/** A server with a client. Disposing ends both. */
export interface Channel extends AsyncDisposable {
  /** The client. */
  readonly client: grpc.Client;
}

/** Serves what `register` adds, on any free port of this machine. */
export async function serve(
  register: (server: grpc.Server) => void,
): Promise<Channel> {
  guardSessions();
  const server = new grpc.Server({ "grpc.enable_channelz": 0 });
  register(server);
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync(
      "127.0.0.1:0",
      grpc.ServerCredentials.createInsecure(),
      (error, port) => error === null ? resolve(port) : reject(error),
    )
  );
  const { client, [Symbol.asyncDispose]: close } = connect(port);
  return {
    client,
    async [Symbol.asyncDispose]() {
      await close();
      server.forceShutdown();
      await turn();
    },
  };
}

/** Connects to a server of this machine. */
export function connect(port: number, hostname = "127.0.0.1"): Channel {
  guardSessions();
  const client = new grpc.Client(
    `${hostname}:${port}`,
    grpc.credentials.createInsecure(),
    {
      "grpc.enable_channelz": 0,
      "grpc.use_local_subchannel_pool": 1,
      "grpc.initial_reconnect_backoff_ms": BACKOFF,
      "grpc.max_reconnect_backoff_ms": BACKOFF,
    },
  );
  return {
    client,
    async [Symbol.asyncDispose]() {
      client.close();
      await turn();
    },
  };
}

/**
 * How long a client waits before it tries to connect again, in milliseconds. Its
 * timer goes on when the client is closed, and is then waited for.
 */
const BACKOFF = 10;

/** Sessions are destroyed a turn later, see the session guard, and closed in the next. */
function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 2 * BACKOFF));
}

/** What a call was answered. */
export interface Answer {
  /** The status's name. */
  readonly status: string;
  /** The text beside it. */
  readonly details: string;
  /** The trailers' own entries. */
  readonly metadata: Readonly<Record<string, unknown>>;
  /** The message. */
  readonly bytes: Uint8Array | undefined;
}

const same = (bytes: Buffer) => bytes;

/** Options of {@linkcode call}. */
export interface CallOptions {
  /** Time for the answer, in milliseconds. @default {a few minutes} */
  readonly timeout?: number;
  /** What is sent along; a value of several is sent several times. @default {none} */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** Called with the call once it is under way. */
  readonly onCall?: (call: grpc.ClientUnaryCall) => void;
}

/** Makes one call with raw bytes. Resolves whatever the answer is. */
export function call(
  client: grpc.Client,
  path: string,
  bytes: Uint8Array = new Uint8Array(),
  { timeout = PATIENCE, headers = {}, onCall }: CallOptions = {},
): Promise<Answer> {
  const metadata = new grpc.Metadata();
  for (const [name, values] of Object.entries(headers)) {
    for (const value of [values].flat()) metadata.add(name, value);
  }
  return new Promise((resolve) => {
    const under = client.makeUnaryRequest(
      path,
      same,
      same,
      Buffer.from(bytes),
      metadata,
      { deadline: Date.now() + timeout },
      (error, value) => {
        resolve({
          status: grpc.status[error?.code ?? grpc.status.OK] ?? "UNKNOWN",
          details: error?.details ?? "",
          metadata: error?.metadata?.getMap() ?? {},
          bytes: value,
        });
      },
    );
    onCall?.(under);
  });
}

/** A call whose answers come as a stream. */
export interface Stream<T> {
  /** Waits for the next answer. */
  next(): Promise<T>;
  /** Resolves with the status's name when the stream is over. */
  readonly ended: Promise<string>;
  /** Breaks it off. */
  cancel(): void;
}

/** Collects what a call answers. */
export function collect<T>(
  under: grpc.ClientReadableStream<T> | grpc.ClientDuplexStream<unknown, T>,
): Stream<T> {
  const values: T[] = [];
  let wake = () => {};
  let isOver = false;
  const ended = new Promise<string>((resolve) => {
    under.on("status", ({ code }) => {
      isOver = true;
      wake();
      resolve(grpc.status[code] ?? "UNKNOWN");
    });
  });
  // Said again by the status.
  under.on("error", () => {});
  under.on("data", (value: T) => {
    values.push(value);
    wake();
  });
  return {
    ended,
    cancel: () => under.cancel(),
    async next() {
      while (values.length === 0) {
        if (isOver) throw new Error(`Stream is over: ${await ended}`);
        await new Promise<void>((resolve) => wake = resolve);
      }
      return values.shift()!;
    },
  };
}
