/**
 * Standard output that never holds anybody up.
 *
 * @module
 */

import { fstatSync } from "node:fs";
import { sleep } from "../core/async.ts";

/** How a system takes bytes: some of them, all, or it throws. */
export type Write = (bytes: Uint8Array) => Promise<number>;

/** Bytes that a pipe takes whole or not at all: `PIPE_BUF`, see pipe(7). */
const ATOMIC = 4_096;

/** Time until a full pipe is tried again, in milliseconds. */
const FULL_DELAY = 20;

const LINE_FEED = 10;

/**
 * Makes what writes to standard output, on a thread beside the event loop.
 *
 * A parent process may have made the pipe non-blocking, for itself: it refuses bytes
 * then when it is full. How much it took before that is not known, and the lines count
 * as dropped. From then on they are written in pieces that it takes whole.
 *
 * @param write Takes bytes. @default {Deno.stdout}
 */
export function createStdoutWrite(
  write: Write = (bytes) => Deno.stdout.write(bytes),
): Write {
  let isNonBlocking = false;
  return async (bytes) => {
    for (;;) {
      try {
        return await write(isNonBlocking ? pieceOf(bytes) : bytes);
      } catch (error) {
        if (!(error instanceof Deno.errors.WouldBlock)) throw error;
        if (!isNonBlocking) {
          isNonBlocking = true;
          throw error;
        }
        await sleep(FULL_DELAY);
      }
    }
  };
}

/**
 * Whole lines, as many as a pipe takes at once, or else a piece of one. The runtime
 * keeps bytes after the last line feed for itself: there are none.
 */
function pieceOf(bytes: Uint8Array): Uint8Array {
  const piece = bytes.subarray(0, ATOMIC);
  const end = piece.lastIndexOf(LINE_FEED);
  return end < 0 ? piece : piece.subarray(0, end + 1);
}

/** Linux's number of the null device, see null(4). */
const NULL_DEVICE = 0x103;

/**
 * Whether what is written to standard output is nowhere: it is the null device, as it
 * is where a process is started with its standard output closed. Only Linux tells.
 */
export function isStdoutNull(): boolean {
  if (Deno.build.os !== "linux") return false;
  try {
    const stat = fstatSync(1);
    return stat.isCharacterDevice() && stat.rdev === NULL_DEVICE;
  } catch {
    return false;
  }
}
