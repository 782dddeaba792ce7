/**
 * A gRPC client that sends events as AGS's connector does.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import * as grpc from "@grpc/grpc-js";
import { guardSessions } from "../lib/grpc/session_guard.ts";
import { task } from "./_command.ts";

/** What the service answered. */
export interface EventAnswer {
  /** The status's name: `OK`, `UNAVAILABLE`, … */
  readonly status: string;
  /** The text beside a status that is not OK; what to do if nobody answered. */
  readonly details: string;
  /** Whether nobody was there to answer. */
  readonly isUnreached: boolean;
  /** From request to answer. */
  readonly milliseconds: number;
  /** The message that came with OK; empty for most events. */
  readonly bytes: Uint8Array;
}

/** A client. Disposing closes its connection. */
export interface EventClient extends Disposable {
  /**
   * Sends one event. Resolves whatever the answer is.
   *
   * @param path The method's path.
   * @param bytes The message.
   * @param timeout Time for the answer, in milliseconds.
   * @param metadata Sent along. @default {nothing}
   */
  send(
    path: string,
    bytes: Uint8Array,
    timeout: number,
    metadata?: Readonly<Record<string, string>>,
  ): Promise<EventAnswer>;
}

/** Connects to the service when the first event is sent. */
export function connect(address: string): EventClient {
  guardSessions();
  const client = new grpc.Client(address, grpc.credentials.createInsecure(), {
    // Else it reads variables that no task allows, and asks a proxy for localhost.
    "grpc.enable_http_proxy": 0,
  });
  const same = (bytes: Buffer) => bytes;
  return {
    send(path, bytes, timeout, metadata = {}) {
      const start = performance.now();
      return new Promise((resolve) => {
        client.makeUnaryRequest(
          path,
          same,
          same,
          Buffer.from(bytes),
          grpc.Metadata.fromHttp2Headers({ ...metadata }),
          { deadline: Date.now() + timeout },
          (error, answer) => {
            resolve({
              bytes: answer ?? new Uint8Array(),
              status: grpc.status[error?.code ?? grpc.status.OK] ?? "UNKNOWN",
              details: explain(error?.details ?? "", address),
              isUnreached: isUnreached(error?.details ?? ""),
              milliseconds: performance.now() - start,
            });
          },
        );
      });
    },
    [Symbol.dispose]() {
      client.close();
    },
  };
}

/**
 * The text beside an answer, or what to do where no handler has the event.
 *
 * @param type The type of the event that was sent.
 */
export function detailsOf(answer: EventAnswer, type: string): string {
  return answer.status === "UNIMPLEMENTED"
    ? `No handler is registered for ${type}: ` +
      `make one with ${task(`new handler ${type}`)}`
    : answer.details;
}

/** What grpc-js says when there is nobody to answer, in words that help. */
function explain(details: string, address: string): string {
  return isUnreached(details)
    ? `Nothing answers at ${address}: start the service with ${task("dev")}`
    : details;
}

function isUnreached(details: string): boolean {
  return /^(No connection established|Name resolution failed)/.test(details);
}
