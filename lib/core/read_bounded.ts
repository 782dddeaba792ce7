/**
 * Reads what a peer sends, as long as it is no longer than it may be.
 *
 * @module
 */

/** How a body is read. */
export interface ReadBoundedOptions {
  /** How many it is likely to have. @default {16 KiB} */
  readonly likelyBytes?: number;
  /** Called once, before more bytes are read than are likely. */
  readonly onLarge?: () => Promise<void>;
}

const LIKELY = 16 * 1024;

/**
 * Reads a body to its end. Of one that is sent compressed, the bytes it inflates to
 * count, as they come: what is small on its way may be large here.
 *
 * All of it goes into one buffer that grows: a body that comes in small pieces, of
 * which the runtime hands out each in a buffer of 64 kB, does not take many times its
 * size.
 *
 * @param body A stream of bytes, as `fetch()` gives them; cancelled when they are too
 * many, or something goes wrong.
 * @param maxBytes How many it may have.
 * @returns All of them; `undefined` when there are more than there may be.
 */
export async function readBounded(
  body: ReadableStream<Uint8Array>,
  maxBytes: number,
  options: ReadBoundedOptions = {},
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const { likelyBytes = LIKELY, onLarge } = options;
  const reader = body.getReader({ mode: "byob" });
  // One more than there may be: it tells those that are too many.
  const longest = maxBytes + 1;
  let buffer = new ArrayBuffer(Math.min(longest, Math.max(1, likelyBytes + 1)));
  let size = 0;
  let isEnded = false;
  try {
    for (;;) {
      const rest = new Uint8Array(buffer, size);
      const { value, done } = await reader.read(rest);
      if (done) {
        isEnded = true;
        return new Uint8Array(value?.buffer ?? buffer, 0, size);
      }
      buffer = value.buffer;
      size += value.byteLength;
      if (size > maxBytes) return undefined;
      if (size < buffer.byteLength) continue;
      if (size > likelyBytes && buffer.byteLength === likelyBytes + 1) {
        await onLarge?.();
      }
      buffer = buffer.transfer(Math.min(longest, 2 * buffer.byteLength));
    }
  } finally {
    if (!isEnded) {
      await reader.cancel().catch(() => {});
      free(buffer);
    }
    reader.releaseLock();
  }
}

/**
 * Gives a buffer's memory back at once, for large ones that are done with: the garbage
 * collector sees how small the object is, and comes late.
 */
export function free(buffer: ArrayBuffer): void {
  if (!buffer.detached) buffer.transfer(0);
}
