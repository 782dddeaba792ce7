/**
 * Standard output that never blocks.
 *
 * @module
 */

import { fstatSync } from "node:fs";
import { sleep } from "../core/async.ts";

/** A system write: writes some or all bytes, or throws. */
export type Write = (bytes: Uint8Array) => Promise<number>;

/**
 * Bytes that a pipe accepts completely or not at all: `PIPE_BUF`, see pipe(7).
 */
const ATOMIC = 4_096;

/** Delay before a full pipe is tried again, in milliseconds. */
const FULL_DELAY = 20;

const LINE_FEED = 10;

/**
 * Creates a writer to standard output, on a thread beside the event loop.
 *
 * A parent process may have made the pipe non-blocking for itself: it then
 * refuses bytes when it is full. How much it had accepted is unknown, and the
 * lines count as dropped. From then on they are written in chunks that the pipe
 * accepts completely.
 *
 * @param write Writes bytes. @default {Deno.stdout}
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
 * As many complete lines as a pipe accepts at once, or else a part of one. The
 * runtime buffers bytes after the last line feed, so there must be none.
 */
function pieceOf(bytes: Uint8Array): Uint8Array {
  const piece = bytes.subarray(0, ATOMIC);
  const end = piece.lastIndexOf(LINE_FEED);
  return end < 0 ? piece : piece.subarray(0, end + 1);
}

/** Linux's number of the null device, see null(4). */
const NULL_DEVICE = 0x103;

/**
 * Whether standard output is the null device, as it is if a process was started
 * with standard output closed. Only Linux can tell.
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
