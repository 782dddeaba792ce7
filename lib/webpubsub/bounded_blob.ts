/**
 * Reads a peer's answer up to a size limit.
 *
 * @module
 */

/**
 * Reads a stream to its end.
 *
 * @param what What it is, for the error.
 * @throws {RangeError} It is larger than allowed.
 */
export async function boundedBlob(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  what: string,
  maxBytes: number,
): Promise<Blob> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > maxBytes) {
      throw new RangeError(
        `${what} is too large: expected at most ${maxBytes} bytes`,
      );
    }
    chunks.push(chunk);
  }
  return new Blob(chunks);
}
