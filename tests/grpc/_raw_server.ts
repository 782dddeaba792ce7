/**
 * A server that speaks HTTP/2 frame by frame, as no well-behaved one would.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import net from "node:net";
import {
  FRAME,
  type Frame,
  frame,
  grpcMessage,
  headerFields,
  PREFACE,
} from "../conformance/_http2.ts";
import { concat } from "./_wire.ts";

const END_STREAM = 1;
const END_HEADERS = 4;
const ACK = 1;

/** A client's connection, seen from the server. */
export interface RawConnection {
  /** How many there were before it. */
  readonly index: number;
  /** Resolves with the stream of the next call whose message is there. */
  called(): Promise<number>;
  /** Sends any bytes. What cannot be sent any more is not. */
  send(...parts: readonly Uint8Array[]): void;
  /** Answers a call with an empty message and OK. */
  answer(stream: number): void;
  /** Sends no more: FIN. The client's bytes are read on. */
  end(): void;
  /** Ends the connection with a RST. */
  reset(): void;
  /** Resolves when the connection is over. */
  readonly closed: Promise<void>;
}

/** A listening server. */
export interface RawServer extends AsyncDisposable {
  /** Where. */
  readonly port: number;
  /** How many connections there were. */
  readonly connections: number;
}

/**
 * Starts a server that treats each connection as `serve` says, and closes it when that
 * is through.
 */
export async function startRawServer(
  serve: (connection: RawConnection) => Promise<void>,
): Promise<RawServer> {
  const sockets = new Set<net.Socket>();
  let connections = 0;
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
    serve(connectionOf(socket, connections++))
      .finally(() => socket.destroy());
  });
  await new Promise<void>((resolve) =>
    server.listen(0, "127.0.0.1", () => resolve())
  );
  const { port } = server.address() as net.AddressInfo;
  return {
    port,
    get connections() {
      return connections;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function connectionOf(socket: net.Socket, index: number): RawConnection {
  const called: number[] = [];
  let wake = () => {};
  const closed = new Promise<void>((resolve) => {
    socket.on("close", () => {
      resolve();
      wake();
    });
  });

  function send(...parts: readonly Uint8Array[]): void {
    if (socket.writable) socket.write(concat(...parts));
  }

  function take({ type, flags, stream }: Frame): void {
    if (type === FRAME.settings && (flags & ACK) === 0) {
      send(frame(FRAME.settings, ACK, 0));
    } else if (type === FRAME.data && (flags & END_STREAM) !== 0) {
      called.push(stream);
      wake();
    }
  }

  let pending: Uint8Array = new Uint8Array();
  let hasPreface = false;
  socket.on("data", (data: Buffer) => {
    pending = concat(pending, data);
    if (!hasPreface) {
      if (pending.length < PREFACE.length) return;
      pending = pending.subarray(PREFACE.length);
      hasPreface = true;
    }
    for (;;) {
      const next = firstFrame(pending);
      if (next === undefined) return;
      pending = pending.subarray(9 + next.payload.length);
      take(next);
    }
  });
  send(frame(FRAME.settings, 0, 0));

  return {
    index,
    closed,
    send,
    async called() {
      while (called.length === 0) {
        if (socket.destroyed) throw new ConnectionOver();
        await new Promise<void>((resolve) => wake = resolve);
      }
      return called.shift()!;
    },
    answer(stream) {
      send(...answerTo(stream));
    },
    end: () => void socket.end(),
    reset: () => void socket.resetAndDestroy(),
  };
}

/** The connection ended before what was waited for. */
export class ConnectionOver extends Error {
  override name = "ConnectionOver";
}

/** Headers of an answer. */
export function answerHeaders(stream: number): Uint8Array {
  const fields = headerFields([
    [":status", "200"],
    ["content-type", "application/grpc"],
  ]);
  return frame(FRAME.headers, END_HEADERS, stream, fields);
}

/** Its end. */
export function answerTrailers(stream: number): Uint8Array {
  const fields = headerFields([["grpc-status", "0"]]);
  return frame(FRAME.headers, END_HEADERS | END_STREAM, stream, fields);
}

/** All of an answer. */
export function answerTo(stream: number): readonly Uint8Array[] {
  return [
    answerHeaders(stream),
    frame(FRAME.data, 0, stream, grpcMessage(new Uint8Array())),
    answerTrailers(stream),
  ];
}

function firstFrame(bytes: Uint8Array): Frame | undefined {
  if (bytes.length < 9) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const length = view.getUint32(0) >>> 8;
  if (bytes.length < 9 + length) return undefined;
  return {
    type: view.getUint8(3),
    flags: view.getUint8(4),
    stream: view.getUint32(5) & 0x7fff_ffff,
    payload: bytes.slice(9, 9 + length),
  };
}
