/**
 * Bounds the memory of messages that are still arriving.
 *
 * grpc-js buffers the chunks of a message until the caller has sent all of it,
 * without any limit. A few slow callers could take all memory, and so could one
 * that sends four megabytes byte by byte, because each chunk is an object.
 *
 * @module
 */

import type { Buffer } from "node:buffer";
import http2, {
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from "node:http2";
import { status } from "@grpc/grpc-js";

/** Options of {@linkcode limitReceiving}. */
export interface ReceiveLimits {
  /** Bytes of buffered messages, over all connections. */
  readonly maxBytes: number;
  /** Calls whose message is awaited, over all connections. @default {4096} */
  readonly maxCalls?: number;
  /** Time limit for a message to arrive, in milliseconds. @default {30000} */
  readonly timeout?: number;
  /**
   * Path prefix of methods whose callers may pause between messages.
   * @default {none}
   */
  readonly conversations?: string;
  /**
   * Called from time to time with the number of calls ended since the last
   * time.
   */
  readonly onEnded?: (ended: EndedCalls) => void;
}

/** Calls that were ended for one reason. */
export interface EndedCalls {
  /** The reason. */
  readonly reason: EndedFor;
  /** The code that their callers see. */
  readonly code: status;
  /** The number of calls. */
  readonly count: number;
}

/** The bound for which a call was ended. */
export type EndedFor = "memory" | "calls" | "time";

/** Watches incoming messages. Disposing stops it without ending any call. */
export interface ReceiveGuard extends Disposable {
  /**
   * Watches a call from its headers on.
   *
   * @param headers Its headers, which stay in memory with it.
   */
  watch(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void;
  /**
   * Reports that nothing of a call's message is kept: it uses no memory any
   * more.
   */
  drop(stream: ServerHttp2Stream): void;
  /**
   * The code that the caller of an ended call sees; `undefined` if it was not
   * ended here.
   */
  codeOf(stream: ServerHttp2Stream): status | undefined;
}

/**
 * How a call is reset, and the code that gRPC makes of it. After both, the
 * event is delivered again.
 */
const RESETS = {
  memory: [
    http2.constants.NGHTTP2_ENHANCE_YOUR_CALM,
    status.RESOURCE_EXHAUSTED,
  ],
  calls: [http2.constants.NGHTTP2_ENHANCE_YOUR_CALM, status.RESOURCE_EXHAUSTED],
  time: [http2.constants.NGHTTP2_REFUSED_STREAM, status.UNAVAILABLE],
} as const;

/** The cost of a message chunk besides its bytes. */
const PIECE_COST = 512;

/** How often calls are checked for expiry, within the time limit. */
const TICKS = 8;

/** The received part of a call. */
interface Received {
  readonly stream: ServerHttp2Stream;
  readonly isConversation: boolean;
  /** When it began, in ticks. */
  readonly since: number;
  /** Its memory, in bytes. */
  cost: number;
}

/**
 * Counts the received bytes of each call until the call ends. If a bound is
 * exceeded, the call that has waited longest for its message is ended: an
 * honest caller has sent its message long before it is the oldest.
 */
export function limitReceiving(limits: ReceiveLimits): ReceiveGuard {
  const { maxBytes, maxCalls = 4_096, timeout = 30_000, conversations } =
    limits;
  /** Calls whose message is awaited, oldest first. */
  const waiting = new Set<Received>();
  const dropped = new WeakSet<ServerHttp2Stream>();
  const codes = new WeakMap<ServerHttp2Stream, status>();
  const ended: Record<EndedFor, number> = { memory: 0, calls: 0, time: 0 };
  let held = 0;
  let now = 0;

  function release(call: Received): void {
    waiting.delete(call);
    held -= call.cost;
    call.cost = 0;
  }

  function end(call: Received, why: EndedFor): void {
    ended[why]++;
    release(call);
    const [reset, code] = RESETS[why];
    // If it was already answered, the caller has that answer.
    if (!call.stream.headersSent) codes.set(call.stream, code);
    call.stream.close(reset);
  }

  /** Ends calls until the memory is within its bound, the new one last. */
  function makeRoom(newcomer: Received): void {
    for (const call of waiting) {
      if (held <= maxBytes) return;
      if (call.cost > 0) end(call, "memory");
    }
    // Everything in memory is already being handled.
    if (held > maxBytes) end(newcomer, "memory");
  }

  function add(call: Received, length: number): void {
    const cost = length + PIECE_COST;
    call.cost += cost;
    held += cost;
    if (held > maxBytes) makeRoom(call);
  }

  function watch(
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
  ): void {
    const { ":path": path = "" } = headers;
    const isConversation = conversations !== undefined &&
      path.startsWith(conversations);
    const call: Received = { stream, isConversation, since: now, cost: 0 };
    waiting.add(call);
    add(call, lengthOf(headers));
    if (waiting.size > maxCalls) {
      const [oldest = call] = waiting;
      end(oldest, "calls");
    }
    stream.on("data", (piece: Buffer) => {
      // Data after the answer is not buffered.
      if (stream.closed || (stream.headersSent && !isConversation)) return;
      if (!dropped.has(stream)) add(call, piece.length);
    });
    stream.on("end", () => waiting.delete(call));
    stream.on("close", () => release(call));
  }

  function tick(): void {
    now++;
    for (const call of waiting) {
      if (now - call.since <= TICKS) break;
      if (!call.isConversation) end(call, "time");
    }
    for (const reason of ["memory", "calls", "time"] as const) {
      const count = ended[reason];
      const [, code] = RESETS[reason];
      if (count > 0) limits.onEnded?.({ reason, code, count });
      ended[reason] = 0;
    }
  }
  const timer = setInterval(tick, timeout / TICKS);

  return {
    watch,
    drop: (stream) => void dropped.add(stream),
    codeOf: (stream) => codes.get(stream),
    [Symbol.dispose]: () => clearInterval(timer),
  };
}

function lengthOf(headers: IncomingHttpHeaders): number {
  let length = 0;
  for (const name in headers) {
    length += name.length + (headers[name]?.length ?? 0);
  }
  return length;
}
