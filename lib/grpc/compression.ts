/**
 * Decompresses events when they are handled.
 *
 * grpc-js decompresses each message on arrival, all concurrently: a thousand
 * calls of four kilobytes could take four gigabytes. Here a compressed event
 * stays compressed until it is handled, and the memory of decompressed ones is
 * bounded.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { gunzipSync, inflateSync } from "node:zlib";
import * as grpc from "@grpc/grpc-js";
import { type Unreadable, UnreadableError } from "../core/errors.ts";
import type { Refusal } from "./status.ts";

/** A decompressed event. Dispose of it when it has been handled. */
export interface Inflated extends Disposable {
  /** Its bytes. */
  readonly bytes: Buffer;
}

/** Decompresses events within a memory bound. */
export interface Inflater {
  /** Prevents grpc-js from decompressing events. */
  readonly interceptor: grpc.ServerInterceptor;
  /**
   * Decompresses an event if it is compressed; `undefined` if it is not.
   *
   * @returns A refusal if there is no room now; an error if there never is, or
   * it cannot be decompressed.
   */
  open(message: Buffer): Inflated | Refusal | UnreadableError | undefined;
}

/** Options of {@linkcode createInflater}. */
export interface InflaterOptions {
  /**
   * The methods whose messages are events, which wait until they are opened.
   */
  readonly paths: ReadonlySet<string>;
  /** Largest event when decompressed, in bytes. */
  readonly maxMessageBytes: number;
  /** Bytes of decompressed events at once. */
  readonly maxBytes: number;
}

/** Largest other message when decompressed, in bytes: a few names. */
const MAX_OTHER = 65_536;

/** Bytes before each message: the compression flag and the length. */
const HEAD = 5;

const INFLATE = { gzip: gunzipSync, deflate: inflateSync } as const;
type Encoding = keyof typeof INFLATE;

/** The part of grpc-js's call that its types omit. */
interface Decompressing {
  decompressMessage(
    message: Buffer,
    encoding: string,
  ): Buffer | Promise<Buffer>;
}

/** Creates a decompressor for one server. */
export function createInflater(options: InflaterOptions): Inflater {
  const { paths, maxMessageBytes, maxBytes } = options;
  const encodings = new WeakMap<Buffer, string>();
  let held = 0;

  function interceptor(
    { path }: { readonly path: string },
    call: grpc.ServerInterceptingCallInterface,
  ): grpc.ServerInterceptingCall {
    const inner = call as grpc.ServerInterceptingCall & Decompressing;
    const isEvent = paths.has(path);
    const refuse = inner.decompressMessage.bind(inner);
    inner.decompressMessage = (message, encoding) => {
      const bytes = message.subarray(HEAD);
      if (encoding === "identity") return bytes;
      if (isEvent) {
        encodings.set(bytes, encoding);
        return bytes;
      }
      // grpc-js does not know the encoding either, and says so.
      if (!isEncoding(encoding)) return refuse(message, encoding);
      const inflated = inflate(bytes, encoding, MAX_OTHER);
      // The thrown error is the answer.
      if (!Buffer.isBuffer(inflated)) throw REFUSALS[inflated.why];
      return inflated;
    };
    return inner;
  }

  function open(
    message: Buffer,
  ): Inflated | Refusal | UnreadableError | undefined {
    const encoding = encodings.get(message);
    if (encoding === undefined) return undefined;
    if (!isEncoding(encoding)) return unknownEncoding(encoding);
    if (held >= maxBytes) return FULL;
    const bytes = inflate(message, encoding, maxMessageBytes);
    if (!Buffer.isBuffer(bytes)) return bytes;
    held += bytes.length;
    return { bytes, [Symbol.dispose]: () => void (held -= bytes.length) };
  }

  return { interceptor, open };
}

function isEncoding(name: string): name is Encoding {
  return Object.hasOwn(INFLATE, name);
}

function inflate(
  bytes: Buffer,
  encoding: Encoding,
  maxOutputLength: number,
): Buffer | UnreadableError {
  try {
    return INFLATE[encoding](bytes, { maxOutputLength });
  } catch (cause) {
    return isTooLarge(cause)
      ? new UnreadableError(
        `Message is larger than ${maxOutputLength} bytes when decompressed`,
        { why: "too_large" },
      )
      : new UnreadableError(`Message is not valid ${encoding}`, {
        why: "unreadable",
        cause,
      });
  }
}

function unknownEncoding(name: string): UnreadableError {
  const shown = /^[\w-]{1,32}$/.test(name) ? `"${name}"` : "a strange one";
  return new UnreadableError(
    `Message is compressed with ${shown}: expected gzip or deflate`,
    { why: "unreadable" },
  );
}

function isTooLarge(error: unknown): boolean {
  return error instanceof RangeError && "code" in error &&
    error.code === "ERR_BUFFER_TOO_LARGE";
}

function refusal(code: grpc.status, details: string): Refusal {
  return { code, details, metadata: new grpc.Metadata() };
}

const FULL = refusal(
  grpc.status.RESOURCE_EXHAUSTED,
  "Service is decompressing as much as it can",
);
const REFUSALS: Readonly<Record<Unreadable, Refusal>> = {
  too_large: refusal(
    grpc.status.RESOURCE_EXHAUSTED,
    "Message is larger than allowed when decompressed",
  ),
  unreadable: refusal(grpc.status.INTERNAL, "Message cannot be decompressed"),
};
