/**
 * A connection that events are delivered over.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import * as grpc from "@grpc/grpc-js";
import { guardSessions } from "../../lib/grpc/session_guard.ts";

/** How long the caller of one event has. */
export interface Patience {
  /** Time until its deadline, in milliseconds. */
  readonly timeout: number;
  /** Time after which it goes away, in milliseconds. @default {it stays} */
  readonly cancelAfter?: number;
  /**
   * Time after which the caller takes the event for unanswered and says so to nobody,
   * in milliseconds: the way between them is cut. @default {it waits}
   */
  readonly goneAfter?: number;
}

/** A connection of its own. Disposing closes it. */
export interface Line extends Disposable {
  /** Delivers an event; resolves with the name of the status, whatever it is. */
  deliver(bytes: Uint8Array, patience: Patience): Promise<string>;
}

/** A service that restarts is found again soon, in milliseconds. */
const RECONNECT = { least: 50, most: 250 };

/**
 * Connects when the first event is delivered.
 *
 * @param address `host:port`.
 * @param path The method's path.
 */
export function openLine(address: string, path: string): Line {
  guardSessions();
  const client = new grpc.Client(address, grpc.credentials.createInsecure(), {
    // Clients of one address share a connection otherwise.
    "grpc.use_local_subchannel_pool": 1,
    "grpc.initial_reconnect_backoff_ms": RECONNECT.least,
    "grpc.max_reconnect_backoff_ms": RECONNECT.most,
    "grpc.enable_retries": 0,
  });
  const same = (bytes: Buffer) => bytes;
  return {
    deliver(bytes, { timeout, cancelAfter, goneAfter }) {
      return new Promise((resolve) => {
        const timers: ReturnType<typeof setTimeout>[] = [];
        const call = client.makeUnaryRequest(
          path,
          same,
          same,
          Buffer.from(bytes),
          { deadline: Date.now() + timeout },
          (error) => {
            for (const timer of timers) clearTimeout(timer);
            resolve(grpc.status[error?.code ?? grpc.status.OK] ?? "UNKNOWN");
          },
        );
        if (cancelAfter !== undefined) {
          timers.push(setTimeout(() => call.cancel(), cancelAfter));
        }
        if (goneAfter !== undefined) {
          timers.push(setTimeout(() => resolve("UNAVAILABLE"), goneAfter));
        }
      });
    },
    [Symbol.dispose]() {
      client.close();
    },
  };
}
