/**
 * What stands between a connection and its WebSocket, which a reliable client may
 * change for another one.
 *
 * @module
 */

import type { WebSocket } from "ws";
import type { Outlet } from "./connection.ts";
import type { Message } from "./message.ts";
import type { Frame, Protocol, Wire } from "./wire.ts";

/** Most bytes that wait in a WebSocket for a client that reads slowly. */
const MAX_BUFFERED = 16 * 1_024 * 1_024;

/** Most messages and bytes that are kept for a reliable client. */
const MAX_KEPT = 1_000, MAX_KEPT_BYTES = 16 * 1_024 * 1_024;

/** Longest reason in a close frame, in bytes. */
const MAX_REASON = 123;

/** Options of {@linkcode Session}. */
export interface SessionOptions {
  /** Milliseconds that the client may be away; 0 for one that is not reliable. */
  readonly recoveryTime: number;
  /** Hears that the connection has ended for good, and why. */
  readonly onEnd: (reason: string) => void;
}

interface Kept {
  readonly sequenceId: number;
  readonly message: Message;
  readonly size: number;
}

/** The WebSockets of one connection. */
export class Session implements Outlet, Wire {
  readonly #options: SessionOptions;
  #protocol: Protocol | undefined;
  #socket: WebSocket | undefined;
  #hasEnded = false;
  #away: ReturnType<typeof setTimeout> | undefined;
  #kept: Kept[] = [];
  #keptBytes = 0;
  #lastSequenceId = 0;

  /** Has no WebSocket yet. */
  constructor(options: SessionOptions) {
    this.#options = options;
  }

  /** Says what is spoken. */
  speak(protocol: Protocol): void {
    this.#protocol = protocol;
  }

  /** Takes a WebSocket; the one before is given up. */
  attach(socket: WebSocket): void {
    clearTimeout(this.#away);
    this.#away = undefined;
    this.#socket?.terminate();
    this.#socket = socket;
    socket.on("message", (data: ArrayBuffer, isBinary) => {
      if (this.#socket !== socket || this.#hasEnded) return;
      const bytes = new Uint8Array(data);
      this.#protocol?.received(
        isBinary ? bytes : new TextDecoder().decode(bytes),
      );
    });
    // What is wrong is in the close that follows.
    socket.on("error", () => {});
    socket.on("close", (code, reason) => {
      if (this.#socket === socket) this.#onClose(code, reason.toString());
    });
    this.#protocol?.opened();
    for (const each of this.#kept) this.#write(each);
  }

  send(messageOrFrame: Message | Frame): void {
    if (
      typeof messageOrFrame === "string" || messageOrFrame instanceof Uint8Array
    ) {
      this.#sendFrame(messageOrFrame);
    } else this.#sendMessage(messageOrFrame);
  }

  close(codeOrReason: number | string, reason = ""): void {
    if (typeof codeOrReason === "string") this.#close(1000, codeOrReason);
    else this.#close(codeOrReason, reason);
  }

  /** Hears what a reliable client has got. */
  acknowledge(sequenceId: number): void {
    while (
      this.#kept[0] !== undefined && this.#kept[0].sequenceId <= sequenceId
    ) {
      this.#keptBytes -= this.#kept.shift()?.size ?? 0;
    }
  }

  /** Ends at once. */
  terminate(): void {
    this.#end("The service has stopped");
    this.#socket?.terminate();
  }

  #sendMessage(message: Message): void {
    if (this.#hasEnded || this.#protocol === undefined) return;
    const sequenceId = ++this.#lastSequenceId;
    if (this.#options.recoveryTime === 0) {
      return this.#sendFrame(this.#protocol.encode(message));
    }
    const size = this.#protocol.encode(message, sequenceId).length;
    const kept = { sequenceId, message, size };
    this.#kept.push(kept);
    this.#keptBytes += size;
    if (this.#kept.length > MAX_KEPT || this.#keptBytes > MAX_KEPT_BYTES) {
      return this.#close(1008, "Too many messages were not acknowledged");
    }
    this.#write(kept);
  }

  #write({ message, sequenceId }: Kept): void {
    if ((message.expiresAt ?? Infinity) < Date.now()) return;
    if (this.#protocol !== undefined) {
      this.#sendFrame(this.#protocol.encode(message, sequenceId));
    }
  }

  #sendFrame(frame: Frame): void {
    const socket = this.#socket;
    if (socket === undefined || socket.readyState !== socket.OPEN) return;
    socket.send(frame);
    if (socket.bufferedAmount > MAX_BUFFERED) socket.terminate();
  }

  #close(code: number, reason: string): void {
    const last = this.#protocol?.closing(reason);
    if (last !== undefined) this.#sendFrame(last);
    this.#end(reason);
    this.#socket?.close(code, cut(reason));
  }

  #onClose(code: number, reason: string): void {
    // Who says goodbye does not come back.
    const isFinal = code === 1000 || code === 1001 ||
      this.#options.recoveryTime === 0;
    if (this.#hasEnded || isFinal) {
      return this.#end(reason || `Closed with ${code}`);
    }
    this.#away = setTimeout(
      () => this.#end("The client did not come back"),
      this.#options.recoveryTime,
    );
  }

  #end(reason: string): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    clearTimeout(this.#away);
    this.#kept = [];
    this.#options.onEnd(reason);
  }
}

/** As much of a reason as fits, without half a character at its end. */
function cut(reason: string): string {
  const bytes = new TextEncoder().encode(reason).subarray(0, MAX_REASON);
  return new TextDecoder().decode(bytes).replace(/\ufffd+$/, "");
}
