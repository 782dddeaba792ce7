/**
 * Who is told of the calls that a gRPC server gets.
 *
 * @module
 */

import type { ServerHttp2Stream } from "node:http2";
import type * as grpc from "@grpc/grpc-js";

/** A method, as its definition has it. */
export interface ObservedMethod {
  /**
   * What is streamed; `unknown` for all methods that are not served: their names are
   * the callers', and there is no end of them.
   */
  readonly type:
    | "unary"
    | "client_stream"
    | "server_stream"
    | "bidi_stream"
    | "unknown";
  /** Full name of its service. */
  readonly service: string;
  /** Its own name. */
  readonly method: string;
}

/** Told of the calls of one method. Must not throw. */
export interface MethodObserver {
  /** A call has come in. */
  started(): void;
  /** A message of the caller has come. */
  received(): void;
  /** A message is sent to the caller. */
  sent(): void;
  /**
   * A call is over; said once a call.
   *
   * @param code What the caller got; CANCELLED when it did not wait for it.
   * @param seconds How long it took.
   */
  ended(code: grpc.status, seconds: number): void;
}

/** Told of a server's methods. */
export interface CallObserver {
  /** Makes who is told of a method's calls, when the method is added. */
  methodOf(method: ObservedMethod): MethodObserver;
}

/** An answer of grpc-js itself, to a call that no handler has seen. */
export interface RefusedCall {
  /** Path of its method. */
  readonly method: string;
  /** What the caller got. */
  readonly code: grpc.status;
  /** The text beside it. */
  readonly details: string;
}

/** Options of {@linkcode observeCalls}. */
export interface ObserveCallsOptions {
  /** Told of every call. @default {nobody} */
  readonly observer?: CallObserver | undefined;
  /** Told once of each call that no handler has seen. @default {nobody} */
  readonly onRefused?: (call: RefusedCall) => void;
  /**
   * How the caller of a stream that this server has reset reads the reset; `undefined`
   * where it was the caller who did.
   *
   * @default {it was always the caller}
   */
  readonly resetCodeOf?: (stream: ServerHttp2Stream) => grpc.status | undefined;
}
