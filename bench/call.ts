/**
 * One gRPC call, to see whether a server answers and what.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import * as grpc from "@grpc/grpc-js";
import { guardSessions } from "../lib/grpc/session_guard.ts";

/** What was answered. */
export interface CallAnswer {
  /** The status's name: `OK`, `UNAVAILABLE`, … */
  readonly status: string;
  /** The text beside a status that is not OK. */
  readonly details: string;
  /** The message, if the status is OK. */
  readonly bytes: Uint8Array;
}

/** Time for one call, in milliseconds. */
const TIMEOUT = 5_000;

/**
 * Makes one call on a connection of its own. Resolves whatever the answer is.
 *
 * @param address `host:port`.
 * @param path The method's path.
 * @param bytes The message.
 */
export function call(
  address: string,
  path: string,
  bytes: Uint8Array,
): Promise<CallAnswer> {
  guardSessions();
  const client = new grpc.Client(address, grpc.credentials.createInsecure());
  const same = (bytes: Buffer) => bytes;
  return new Promise((resolve) => {
    client.makeUnaryRequest(
      path,
      same,
      same,
      Buffer.from(bytes),
      { deadline: Date.now() + TIMEOUT },
      (error, answer) => {
        client.close();
        resolve({
          status: grpc.status[error?.code ?? grpc.status.OK] ?? "UNKNOWN",
          details: error?.details ?? "",
          bytes: answer ?? new Uint8Array(),
        });
      },
    );
  });
}
