/**
 * Observation of the calls that a gRPC server receives.
 *
 * @module
 */

import type { ServerHttp2Stream } from "node:http2";
import type * as grpc from "@grpc/grpc-js";

/** A method, as in its definition. */
export interface ObservedMethod {
  /**
   * The kind of streaming; `unknown` for all methods that are not served,
   * because callers choose their names without limit.
   */
  readonly type:
    | "unary"
    | "client_stream"
    | "server_stream"
    | "bidi_stream"
    | "unknown";
  /** Full name of its service. */
  readonly service: string;
  /** The method's name. */
  readonly method: string;
}

/** Observes the calls of one method. Must not throw. */
export interface MethodObserver {
  /** A call arrived. */
  started(): void;
  /** A message from the caller arrived. */
  received(): void;
  /** A message is being sent to the caller. */
  sent(): void;
  /**
   * A call ended; called once per call.
   *
   * @param code The code that the caller received; CANCELLED if it did not
   * wait.
   * @param seconds Its duration.
   */
  ended(code: grpc.status, seconds: number): void;
}

/** Observes a server's methods. */
export interface CallObserver {
  /** Creates the observer of a method when the method is added. */
  methodOf(method: ObservedMethod): MethodObserver;
}

/** An answer of grpc-js itself, to a call that reached no handler. */
export interface RefusedCall {
  /** Path of its method. */
  readonly method: string;
  /** The code that the caller received. */
  readonly code: grpc.status;
  /** The status message. */
  readonly details: string;
}

/** Options of {@linkcode observeCalls}. */
export interface ObserveCallsOptions {
  /** Observes every call. @default {none} */
  readonly observer?: CallObserver | undefined;
  /** Called once for each call that reached no handler. @default {none} */
  readonly onRefused?: (call: RefusedCall) => void;
  /**
   * The code that a caller makes of a stream reset by this server; `undefined`
   * if the caller reset it.
   *
   * @default {callers reset all streams}
   */
  readonly resetCodeOf?: (stream: ServerHttp2Stream) => grpc.status | undefined;
}
