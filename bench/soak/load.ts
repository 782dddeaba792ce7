/**
 * Load of events that are all different, over HTTP/2 made by hand: a gRPC client
 * would be busier than the service that it asks.
 *
 * @module
 */

import { BenchError } from "../errors.ts";
import {
  decodeFrames,
  encodeFrame,
  encodeHeaders,
  FLAG,
  FRAME,
  type Frame,
  PREFACE,
} from "./frames.ts";

/** Options of {@linkcode connectLoad}. */
export interface LoadOptions {
  /** The port on this machine that takes events. */
  readonly port: number;
  /** The method's path. */
  readonly path: string;
  /** Told of each answer. */
  readonly onAnswer: (answer: LoadAnswer) => void;
}

/** How one event was answered. */
export interface LoadAnswer {
  /** Whether there was a message in the answer: gRPC sends one with OK only. */
  readonly isOk: boolean;
  /** From request to answer, in milliseconds. */
  readonly milliseconds: number;
}

/** A connection under load. Disposing closes it. */
export interface LoadConnection extends Disposable {
  /** Events that are not answered yet. */
  readonly inFlight: number;
  /** Whether one more may be sent now: the peer's window has room. */
  hasRoom(message: Uint8Array): boolean;
  /** Sends an event. The bytes may be changed after it. */
  send(message: Uint8Array): void;
  /** Rejects with what ended the connection; never resolves. */
  readonly failed: Promise<never>;
}

interface Call {
  readonly startedAt: number;
  hasMessage: boolean;
}

/** What a window is before anything is said (RFC 9113, 6.9.2), in bytes. */
const FIRST_WINDOW = 65_535;
/** The largest one. */
const MOST_WINDOW = 2 ** 31 - 1;
/** A flag and the message's length, before each gRPC message. */
const PREFIX = 5;

/**
 * Connects.
 *
 * @throws {Error} Nobody listens on the port.
 */
export async function connectLoad(
  { port, path, onAnswer }: LoadOptions,
): Promise<LoadConnection> {
  const socket = await Deno.connect({ hostname: "127.0.0.1", port });
  socket.setNoDelay(true);
  const headers = encodeHeaders([
    [":method", "POST"],
    [":scheme", "http"],
    [":authority", `127.0.0.1:${port}`],
    [":path", path],
    ["content-type", "application/grpc"],
    ["te", "trailers"],
  ]);
  const calls = new Map<number, Call>();
  let nextStream = 1;
  let window = FIRST_WINDOW;
  let isClosed = false;
  let outgoing: Uint8Array[] = [];
  let writing: Promise<void> | undefined;
  const { promise: failed, reject: fail } = Promise.withResolvers<never>();
  // Whoever looks at it learns of it; nobody has to.
  failed.catch(() => {});

  function put(...frames: readonly Frame[]): void {
    for (const frame of frames) outgoing.push(encodeFrame(frame));
    writing ??= flush().catch(fail);
  }

  async function flush(): Promise<void> {
    // All that one turn has to say goes out at once.
    await Promise.resolve();
    while (outgoing.length > 0) {
      const bytes = concat(outgoing);
      outgoing = [];
      for (let sent = 0; sent < bytes.length;) {
        sent += await socket.write(bytes.subarray(sent));
      }
    }
    writing = undefined;
  }

  function take({ type, flags, stream, payload }: Frame): void {
    const isEnd = (flags & FLAG.endStream) !== 0;
    switch (type) {
      case FRAME.settings:
        if ((flags & FLAG.ack) === 0) put(control(FRAME.settings, FLAG.ack));
        return;
      case FRAME.ping:
        if ((flags & FLAG.ack) === 0) {
          put(control(FRAME.ping, FLAG.ack, payload.slice()));
        }
        return;
      case FRAME.windowUpdate:
        if (stream === 0) window += uint32(payload);
        return;
      case FRAME.goaway:
        throw new BenchError("The service has closed the connection");
      case FRAME.resetStream:
        return answered(stream);
      case FRAME.data: {
        const call = calls.get(stream);
        if (call !== undefined && payload.length >= PREFIX) {
          call.hasMessage = true;
        }
        if (isEnd) answered(stream);
        return;
      }
      case FRAME.headers:
        if (isEnd) answered(stream);
    }
  }

  function answered(stream: number): void {
    const call = calls.get(stream);
    if (call === undefined) return;
    calls.delete(stream);
    onAnswer({
      isOk: call.hasMessage,
      milliseconds: performance.now() - call.startedAt,
    });
  }

  async function read(): Promise<void> {
    const chunk = new Uint8Array(65_536);
    let rest: Uint8Array = new Uint8Array();
    for (;;) {
      const length = await socket.read(chunk);
      if (length === null) throw new BenchError("The connection has ended");
      const found = decodeFrames(concat([rest, chunk.subarray(0, length)]));
      for (const frame of found.frames) take(frame);
      rest = found.rest.slice();
    }
  }

  outgoing.push(PREFACE);
  put(
    control(FRAME.settings, 0),
    // Answers are small: one window is enough for hundreds of millions.
    control(FRAME.windowUpdate, 0, bytesOf(MOST_WINDOW - FIRST_WINDOW)),
  );
  read().catch((error) => {
    if (!isClosed) fail(error);
  });

  return {
    failed,
    get inFlight() {
      return calls.size;
    },
    hasRoom: (message) => window >= PREFIX + message.length,
    send(message) {
      const stream = nextStream;
      nextStream += 2;
      const payload = new Uint8Array(PREFIX + message.length);
      new DataView(payload.buffer).setUint32(1, message.length);
      payload.set(message, PREFIX);
      window -= payload.length;
      calls.set(stream, { startedAt: performance.now(), hasMessage: false });
      put(
        {
          type: FRAME.headers,
          flags: FLAG.endHeaders,
          stream,
          payload: headers,
        },
        { type: FRAME.data, flags: FLAG.endStream, stream, payload },
      );
    },
    [Symbol.dispose]() {
      isClosed = true;
      socket.close();
    },
  };
}

function control(
  type: number,
  flags: number,
  payload: Uint8Array = new Uint8Array(),
): Frame {
  return { type, flags, stream: 0, payload };
}

function uint32(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
}

function bytesOf(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(
    parts.reduce((sum, { length }) => sum + length, 0),
  );
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
