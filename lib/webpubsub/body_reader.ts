/**
 * Reads the body of a request, which may be of any size and never end.
 *
 * @module
 */

import type { RequestContext } from "./request_context.ts";
import type { Deadline } from "./deadline.ts";
import {
  BodyIncompleteError,
  BodyTooLargeError,
  UpstreamError,
} from "./errors.ts";
import type { Share } from "./limits.ts";

/** Options of {@linkcode readBody}. */
export interface ReadBodyOptions {
  /** The size limit. */
  readonly maxBytes: number;
  /** The deadline for the body. */
  readonly deadline: Deadline;
  /** The budget share that it counts towards. */
  readonly share: Share;
  /** The request's context, for errors. */
  readonly context: RequestContext;
}

/**
 * Reads a body.
 *
 * @throws {BodyTooLargeError} It exceeds the size limit.
 * @throws {BodyIncompleteError} It did not arrive, or not in time.
 * @throws {OverloadedError} There is no room for it.
 */
export async function readBody(
  request: Request,
  options: ReadBodyOptions,
): Promise<Uint8Array> {
  const { deadline, share, context, maxBytes } = options;
  const length = lengthOf(request);
  checkLength(length ?? 0, maxBytes, context);
  try {
    if (length === undefined) return await readStream(request, options);
    share.take(length);
    const body = request.bytes();
    // It fails if the answer is sent before the body has arrived.
    body.catch(() => {});
    const bytes = await deadline.wait(body);
    // Only a server can be trusted to have enforced the length header.
    checkLength(bytes.length, maxBytes, context);
    return bytes;
  } catch (cause) {
    if (cause instanceof UpstreamError) throw cause;
    throw new BodyIncompleteError("Body is incomplete", { context, cause });
  }
}

async function readStream(
  request: Request,
  { maxBytes, deadline, share, context }: ReadBodyOptions,
): Promise<Uint8Array> {
  const reader = request.body?.getReader();
  if (reader === undefined) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    while (true) {
      const next = reader.read();
      next.catch(() => {});
      const { done, value } = await deadline.wait(next);
      if (done) return joined(chunks, size);
      share.take(value.length);
      size += value.length;
      checkLength(size, maxBytes, context);
      chunks.push(value);
    }
  } catch (error) {
    // Not awaited: the peer may never end it.
    reader.cancel(error).catch(() => {});
    throw error;
  }
}

function joined(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const body = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    body.set(chunk, offset);
    offset += chunk.length;
  }
  return body;
}

function lengthOf({ headers }: Request): number | undefined {
  const text = headers.get("content-length");
  return text !== null && /^\d+$/.test(text) ? Number(text) : undefined;
}

function checkLength(
  length: number,
  maxBytes: number,
  context: RequestContext,
): void {
  if (length <= maxBytes) return;
  throw new BodyTooLargeError(
    `Body has ${length} bytes or more: expected at most ${maxBytes}`,
    { context },
  );
}
