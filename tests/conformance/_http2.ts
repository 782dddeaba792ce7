/**
 * HTTP/2 frame by frame, as no well-behaved client would send them.
 *
 * @module
 */

import { concat } from "../grpc/_wire.ts";
import { PATIENCE } from "../_support/patience.ts";

/** Frame types of RFC 9113. */
export const FRAME = {
  data: 0,
  headers: 1,
  priority: 2,
  resetStream: 3,
  settings: 4,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

const END_STREAM = 1;
const ACK = 1;
const END_HEADERS = 4;

/** RST_STREAM's code for "not wanted any more". */
export const CANCEL = 8;

/** The bytes that a client's side of a connection begins with. */
export const PREFACE = new TextEncoder().encode(
  "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
);

/** A frame as it came. */
export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Uint8Array;
}

/** How a stream ended, as far as it shows without decoding headers. */
export interface StreamEnd {
  /** Bytes of DATA frames; a gRPC answer that is OK has at least five. */
  readonly received: number;
  /** The code of a RST_STREAM, if there was one. */
  readonly reset?: number;
}

/** A connection. Disposing closes the socket, nothing else. */
export interface Http2Connection extends Disposable {
  /**
   * Starts a gRPC call; returns its stream.
   *
   * @param body What follows the headers; without one the stream is left open.
   */
  call(path: string, body?: Uint8Array, options?: CallOptions): Promise<number>;
  /** Resolves when the server has ended a stream, or the connection is over. */
  ended(stream: number): Promise<StreamEnd | "connection closed">;
  /** Sends any bytes. */
  send(...parts: readonly Uint8Array[]): Promise<void>;
  /** Resolves when the server has closed the connection. */
  readonly closed: Promise<void>;
}

/** Options of {@linkcode Http2Connection.call}. */
export interface CallOptions {
  /** Headers beside those that every gRPC call has. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether the body ends the stream. @default {true} */
  readonly endStream?: boolean;
}

/** Options of {@linkcode connectHttp2}. */
export interface ConnectOptions {
  /** Whether it says that it is still there when asked. @default {true} */
  readonly answersPings?: boolean;
}

/** How long a connection may last, in milliseconds: no test waits for ever. */
const LIFETIME = PATIENCE;

/** Connects and exchanges settings. */
export async function connectHttp2(
  port: number,
  { answersPings = true }: ConnectOptions = {},
): Promise<Http2Connection> {
  const socket = await Deno.connect({ hostname: "127.0.0.1", port });
  const streams = new Map<number, Stream>();
  let isClosed = false;
  let isTooLong = false;
  let lastStream = -1;

  function streamOf(id: number): Stream {
    let stream = streams.get(id);
    if (stream === undefined) {
      stream = { received: 0, ...Promise.withResolvers() };
      streams.set(id, stream);
    }
    return stream;
  }

  async function send(...parts: readonly Uint8Array[]): Promise<void> {
    const bytes = concat(...parts);
    for (let sent = 0; sent < bytes.length;) {
      sent += await socket.write(bytes.subarray(sent));
    }
  }

  async function take({ type, flags, stream, payload }: Frame): Promise<void> {
    const isEnd = (flags & END_STREAM) !== 0;
    if (type === FRAME.settings && (flags & ACK) === 0) {
      await send(frame(FRAME.settings, ACK, 0));
    } else if (type === FRAME.ping && (flags & ACK) === 0) {
      if (answersPings) await send(frame(FRAME.ping, ACK, 0, payload));
    } else if (type === FRAME.data) {
      const state = streamOf(stream);
      state.received += payload.length;
      if (isEnd) state.resolve({ received: state.received });
    } else if (type === FRAME.headers && isEnd) {
      const { received, resolve } = streamOf(stream);
      resolve({ received });
    } else if (type === FRAME.resetStream) {
      const { received, resolve } = streamOf(stream);
      const reset = new DataView(payload.buffer, payload.byteOffset)
        .getUint32(0);
      resolve({ received, reset });
    }
  }

  async function read(): Promise<void> {
    try {
      for await (const each of frames(socket)) await take(each);
    } catch (error) {
      if (!isDisconnect(error)) throw error;
    } finally {
      clearTimeout(tooLong);
      isClosed = true;
      for (const { resolve } of streams.values()) resolve("connection closed");
    }
  }

  await send(PREFACE, frame(FRAME.settings, 0, 0));
  const tooLong = setTimeout(() => {
    isTooLong = true;
    close();
  }, LIFETIME);
  const closed = read().then(() => {
    if (isTooLong) throw new Error("Service did not close the connection");
  });
  // Who waits for it hears of it.
  closed.catch(() => {});
  return {
    closed,
    send,
    async call(path, body, { headers = {}, endStream = true } = {}) {
      const id = lastStream += 2;
      await send(
        frame(FRAME.headers, END_HEADERS, id, headerBlock(path, headers)),
        ...body === undefined
          ? []
          : [frame(FRAME.data, endStream ? END_STREAM : 0, id, body)],
      );
      return id;
    },
    ended(stream) {
      return isClosed && !streams.has(stream)
        ? Promise.resolve("connection closed" as const)
        : streamOf(stream).promise;
    },
    [Symbol.dispose]: close,
  };

  function close(): void {
    clearTimeout(tooLong);
    try {
      socket.close();
    } catch (error) {
      if (!(error instanceof Deno.errors.BadResource)) throw error;
    }
  }
}

interface Stream extends PromiseWithResolvers<StreamEnd | "connection closed"> {
  received: number;
}

/** A frame's bytes. */
export function frame(
  type: number,
  flags: number,
  stream: number,
  payload: Uint8Array = new Uint8Array(),
): Uint8Array {
  const head = new Uint8Array(9);
  const view = new DataView(head.buffer);
  view.setUint32(0, payload.length << 8 | type);
  view.setUint8(4, flags);
  view.setUint32(5, stream);
  return concat(head, payload);
}

/** A GOAWAY frame without an error: the client will not come again. */
export function goaway(): Uint8Array {
  return frame(FRAME.goaway, 0, 0, new Uint8Array(8));
}

/** A RST_STREAM frame. */
export function resetStream(stream: number, code: number): Uint8Array {
  const payload = new Uint8Array(4);
  new DataView(payload.buffer).setUint32(0, code);
  return frame(FRAME.resetStream, 0, stream, payload);
}

/** A gRPC message with its five bytes of header. */
export function grpcMessage(
  message: Uint8Array,
  compressed = 0,
): Uint8Array {
  const head = new Uint8Array(5);
  head[0] = compressed;
  new DataView(head.buffer).setUint32(1, message.length);
  return concat(head, message);
}

/** Headers of a gRPC call, that no table is to keep (RFC 7541, section 6.2.2). */
export function headerBlock(
  path: string,
  extra: Readonly<Record<string, string>> = {},
): Uint8Array {
  const headers = {
    ":method": "POST",
    ":scheme": "http",
    ":path": path,
    ":authority": "127.0.0.1",
    "content-type": "application/grpc",
    te: "trailers",
    ...extra,
  };
  return headerFields(Object.entries(headers));
}

/** Header fields as HPACK literals, whatever they are. */
export function headerFields(
  fields: readonly (readonly [name: string, value: string])[],
): Uint8Array {
  return concat(
    ...fields.map(([name, value]) =>
      concat(new Uint8Array([0]), hpackText(name), hpackText(value))
    ),
  );
}

function hpackText(text: string): Uint8Array {
  const bytes = new TextEncoder().encode(text);
  if (bytes.length < 127) return concat(new Uint8Array([bytes.length]), bytes);
  const left = bytes.length - 127;
  return concat(
    new Uint8Array([
      127,
      left & 0x7f | 0x80,
      left >> 7 & 0x7f | 0x80,
      left >> 14,
    ]),
    bytes,
  );
}

async function* frames(socket: Deno.Conn): AsyncGenerator<Frame> {
  let pending: Uint8Array = new Uint8Array();
  const buffer = new Uint8Array(65_536);
  for (;;) {
    const count = await socket.read(buffer);
    if (count === null) return;
    pending = concat(pending, buffer.subarray(0, count));
    for (;;) {
      if (pending.length < 9) break;
      const view = new DataView(pending.buffer, pending.byteOffset);
      const length = view.getUint32(0) >>> 8;
      if (pending.length < 9 + length) break;
      yield {
        type: view.getUint8(3),
        flags: view.getUint8(4),
        stream: view.getUint32(5) & 0x7fff_ffff,
        payload: pending.slice(9, 9 + length),
      };
      pending = pending.subarray(9 + length);
    }
  }
}

function isDisconnect(error: unknown): boolean {
  return error instanceof Deno.errors.ConnectionReset ||
    error instanceof Deno.errors.BrokenPipe ||
    error instanceof Deno.errors.BadResource ||
    error instanceof Deno.errors.Interrupted;
}
