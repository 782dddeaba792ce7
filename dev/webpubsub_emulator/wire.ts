/**
 * The WebSocket of a client, and what is spoken on it.
 *
 * @module
 */

import type { Message } from "./message.ts";

/** A frame: text or bytes. */
export type Frame = string | Uint8Array<ArrayBuffer>;

/** A client's WebSocket; for a reliable client the one that it has now. */
export interface Wire {
  /** Sends a frame, if the client is there. */
  send(frame: Frame): void;
  /** Ends the connection for good. */
  close(code: number, reason: string): void;
}

/** What is spoken with a client. */
export interface Protocol {
  /** The client is there. */
  opened(): void;
  /** A frame has come. */
  received(frame: Frame): void;
  /** Makes the frame of a message. */
  encode(message: Message, sequenceId?: number): Frame;
  /** The last frame before the emulator closes, if there is one. */
  closing(reason: string): Frame | undefined;
}
