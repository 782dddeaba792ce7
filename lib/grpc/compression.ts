/**
 * Compressed events, inflated when it is their turn.
 *
 * grpc-js inflates each message as soon as it is there, all at once: a thousand calls
 * of four kilobytes could take four gigabytes. Here a compressed event stays as small as
 * it came until it is handled, and what those that are handled take is bounded.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { gunzipSync, inflateSync } from "node:zlib";
import * as grpc from "@grpc/grpc-js";
import { type Unreadable, UnreadableError } from "../core/errors.ts";
import type { Refusal } from "./status.ts";

/** An event as it was before it was compressed. Disposing says that it is handled. */
export interface Inflated extends Disposable {
  /** Its bytes. */
  readonly bytes: Buffer;
}

/** What compressed events take, altogether. */
export interface Inflater {
  /** Keeps grpc-js from inflating events. */
  readonly interceptor: grpc.ServerInterceptor;
  /**
   * Inflates an event if it is compressed; `undefined`: it is not.
   *
   * @returns A refusal when there is no room for it now; an error when there never is,
   * or it cannot be inflated.
   */
  open(message: Buffer): Inflated | Refusal | UnreadableError | undefined;
}

/** Options of {@linkcode createInflater}. */
export interface InflaterOptions {
  /** The methods whose messages are events: theirs wait until they are opened. */
  readonly paths: ReadonlySet<string>;
  /** Largest event, inflated, in bytes. */
  readonly maxMessageBytes: number;
  /** Bytes of inflated events at once. */
  readonly maxBytes: number;
}

/** Largest message that is no event, inflated, in bytes: a few names. */
const MAX_OTHER = 65_536;

/** Bytes before each message: whether it is compressed, and its length. */
const HEAD = 5;

const INFLATE = { gzip: gunzipSync, deflate: inflateSync } as const;
type Encoding = keyof typeof INFLATE;

/** The part of grpc-js's call that is not in its types. */
interface Decompressing {
  decompressMessage(
    message: Buffer,
    encoding: string,
  ): Buffer | Promise<Buffer>;
}

/** Makes an inflater: one for a server. */
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
      // It knows no other, and says so.
      if (!isEncoding(encoding)) return refuse(message, encoding);
      const inflated = inflate(bytes, encoding, MAX_OTHER);
      // What is thrown is what is answered.
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
        `Message is larger than ${maxOutputLength} bytes when inflated`,
        { why: "too_large" },
      )
      : new UnreadableError(`Message is no ${encoding}`, {
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
  "Service is inflating all it can",
);
const REFUSALS: Readonly<Record<Unreadable, Refusal>> = {
  too_large: refusal(
    grpc.status.RESOURCE_EXHAUSTED,
    "Message is larger than allowed when inflated",
  ),
  unreadable: refusal(grpc.status.INTERNAL, "Message can not be inflated"),
};
