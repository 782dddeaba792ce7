/**
 * Reads a peer's body up to a size limit.
 *
 * @module
 */

/** Options of {@linkcode readBounded}. */
export interface ReadBoundedOptions {
  /** The expected number of bytes. @default {16 KiB} */
  readonly likelyBytes?: number;
  /** Called once, before more than the expected bytes are read. */
  readonly onLarge?: () => Promise<void>;
}

const LIKELY = 16 * 1024;

/**
 * Reads a body to its end. For a compressed body, decompressed bytes count as
 * they arrive: a small transfer may be large here.
 *
 * All bytes go into one growing buffer. The runtime hands out each small chunk
 * in a buffer of 64 kB; keeping those would take many times the body's size.
 *
 * @param body A stream of bytes, as `fetch()` returns; cancelled if it is too
 * long or reading fails.
 * @param maxBytes The size limit.
 * @returns All bytes; `undefined` if there are more than allowed.
 */
export async function readBounded(
  body: ReadableStream<Uint8Array>,
  maxBytes: number,
  options: ReadBoundedOptions = {},
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const { likelyBytes = LIKELY, onLarge } = options;
  const reader = body.getReader({ mode: "byob" });
  // One byte above the limit shows that the body is too long.
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
 * Frees the memory of a large buffer at once. The garbage collector only sees a
 * small object, and runs late.
 */
export function free(buffer: ArrayBuffer): void {
  if (!buffer.detached) buffer.transfer(0);
}
