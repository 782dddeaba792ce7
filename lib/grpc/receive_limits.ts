/**
 * Bounds what callers can make this process hold that is no event yet.
 *
 * grpc-js keeps the pieces of a message until the caller says that it has sent all of
 * it, and asks nobody: some slow callers could take all memory, and one caller that
 * sends four megabytes byte by byte could, too, as each piece is an object of its own.
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
  /** Bytes of messages held at once, over all connections. */
  readonly maxBytes: number;
  /** Calls whose message is awaited at once, over all connections. @default {4096} */
  readonly maxCalls?: number;
  /** Longest time that a message may take to come, in milliseconds. @default {30000} */
  readonly timeout?: number;
  /** Beginning of the methods whose callers may take their time. @default {none} */
  readonly conversations?: string;
  /** Told now and then how many calls were ended since the last time. */
  readonly onEnded?: (ended: EndedCalls) => void;
}

/** Calls that were ended for one reason. */
export interface EndedCalls {
  /** Why. */
  readonly reason: EndedFor;
  /** How their callers read it. */
  readonly code: status;
  /** How many. */
  readonly count: number;
}

/** Which bound a call was ended for. */
export type EndedFor = "memory" | "calls" | "time";

/** Watches what comes. Disposing stops it, and ends no call. */
export interface ReceiveGuard extends Disposable {
  /**
   * Watches a call, from its headers on.
   *
   * @param headers They are held as long as it is.
   */
  watch(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void;
  /** Says of a call that nothing is kept of its message: it holds nothing any more. */
  drop(stream: ServerHttp2Stream): void;
  /** How the caller reads that its call was ended; `undefined`: it was not, here. */
  codeOf(stream: ServerHttp2Stream): status | undefined;
}

/** How a call is reset, and what gRPC reads that as. Both have the event come again. */
const RESETS = {
  memory: [
    http2.constants.NGHTTP2_ENHANCE_YOUR_CALM,
    status.RESOURCE_EXHAUSTED,
  ],
  calls: [http2.constants.NGHTTP2_ENHANCE_YOUR_CALM, status.RESOURCE_EXHAUSTED],
  time: [http2.constants.NGHTTP2_REFUSED_STREAM, status.UNAVAILABLE],
} as const;

/** What a piece of a message costs beside its bytes. */
const PIECE_COST = 512;

/** How often it is looked for calls whose time is over, within that time. */
const TICKS = 8;

/** What is received of a call. */
interface Received {
  readonly stream: ServerHttp2Stream;
  readonly isConversation: boolean;
  /** When it began, in ticks. */
  readonly since: number;
  /** What it holds, in bytes. */
  cost: number;
}

/**
 * Counts what is received of each call, until the call is over. Beyond a bound, the
 * call whose message has been awaited longest is ended: one that means it has sent its
 * message long before it is the oldest.
 */
export function limitReceiving(limits: ReceiveLimits): ReceiveGuard {
  const { maxBytes, maxCalls = 4_096, timeout = 30_000, conversations } =
    limits;
  /** Calls whose message is awaited, the oldest first. */
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
    // What is answered already, the caller has.
    if (!call.stream.headersSent) codes.set(call.stream, code);
    call.stream.close(reset);
  }

  /** Ends calls until what is held is within its bound; at last the newcomer. */
  function makeRoom(newcomer: Received): void {
    for (const call of waiting) {
      if (held <= maxBytes) return;
      if (call.cost > 0) end(call, "memory");
    }
    // All that is held is being handled.
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
      // What comes after the answer, nobody keeps.
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
