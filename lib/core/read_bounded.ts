/**
 * Reads what a peer sends, as long as it is no longer than it may be.
 *
 * @module
 */

/**
 * Reads a body to its end. Of one that is sent compressed, the bytes it inflates to
 * count, as they come: what is small on its way may be large here.
 *
 * @param body The bytes; cancelled when they are too many.
 * @param maxBytes How many it may have.
 * @returns All of them; `undefined` when there are more.
 */
export async function readBounded(
  body: ReadableStream<Uint8Array>,
  maxBytes: number,
): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.byteLength;
    // Leaving the loop cancels the body.
    if (size > maxBytes) return undefined;
    chunks.push(chunk);
  }
  return concat(chunks, size);
}

/** Puts chunks together; one alone is not copied. */
export function concat(
  chunks: readonly Uint8Array[],
  size: number,
): Uint8Array {
  const [first] = chunks;
  if (chunks.length === 1 && first !== undefined) return first;
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes;
}
