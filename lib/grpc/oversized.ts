/**
 * Events that are too large to be taken.
 *
 * grpc-js refuses them as soon as their length is there, and they come again, for ever.
 * To give one up, it must be known again when it comes again: so it is read to its end,
 * of which nothing is kept but a hash, and then goes the way of all events.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import type { ServerHttp2Stream } from "node:http2";
import type * as grpc from "@grpc/grpc-js";
import type { Digest } from "../core/event_id.ts";

/** What is known of the events that are too large. */
export interface Oversized {
  /** Reads them in the place of grpc-js. */
  readonly interceptor: grpc.ServerInterceptor;
  /** What was read, where a message stands for one; `undefined`: it is itself. */
  digestOf(message: Buffer): Digest | undefined;
}

/** Options of {@linkcode readOversized}. */
export interface OversizedOptions {
  /** The methods whose messages are events. */
  readonly paths: ReadonlySet<string>;
  /** Largest event, in bytes. */
  readonly maxMessageBytes: number;
  /** How much is read of a larger one, in bytes. */
  readonly maxHashedBytes: number;
  /** Told of a call of whose message nothing will be kept. */
  readonly onDropped: (stream: ServerHttp2Stream) => void;
}

/** The parts of grpc-js's call that are not in its types. */
interface Internals {
  readonly stream: ServerHttp2Stream;
  handleDataFrame(data: Buffer): void;
  handleEndEvent(): void;
  decompressMessage(message: Buffer, encoding: string): Buffer;
}

/** Bytes before each message: whether it is compressed, and its length. */
const HEAD = 5;

/** What grpc-js reads in the place of a message that is too large. */
const EMPTY_MESSAGE = Buffer.alloc(HEAD);

const NOTHING = Buffer.alloc(0);

/** Makes the reader: one for a server. */
export function readOversized(options: OversizedOptions): Oversized {
  const { paths, maxMessageBytes, maxHashedBytes, onDropped } = options;
  const digests = new WeakMap<Buffer, Digest>();

  function take(call: Internals, head: Buffer): void {
    const { handleDataFrame, handleEndEvent } = prototypeOf(call);
    const hash = createHash("sha256");
    const size = head.readUInt32BE(1);
    let left = Math.min(size, maxHashedBytes);
    onDropped(call.stream);

    function read(data: Buffer): void {
      const piece = data.subarray(0, left);
      hash.update(piece);
      left -= piece.length;
      if (left === 0) hand();
    }

    /** Has its handler called, though the rest may be on its way. */
    function hand(): void {
      const message = Buffer.alloc(0);
      digests.set(message, { size, sha256: hash.digest("hex") });
      call.handleDataFrame = () => {};
      call.handleEndEvent = () => {};
      call.decompressMessage = () => message;
      // Which also stops the rest, until the call is answered.
      handleDataFrame.call(call, EMPTY_MESSAGE);
      handleEndEvent.call(call);
    }

    call.handleDataFrame = read;
    call.handleEndEvent = () => {
      // Cut off: it is not known which event it was to be. Refused by grpc-js.
      handleDataFrame.call(call, head.subarray(0, HEAD));
    };
    read(head.subarray(HEAD));
  }

  const interceptor: grpc.ServerInterceptor = ({ path }, call) => {
    if (paths.has(path)) {
      const inner = call as unknown as Internals;
      const { handleDataFrame } = inner;
      let head: Buffer = NOTHING;
      inner.handleDataFrame = (data) => {
        head = head.length === 0 ? data : Buffer.concat([head, data]);
        if (head.length < HEAD) return;
        if (head.readUInt32BE(1) > maxMessageBytes) return take(inner, head);
        inner.handleDataFrame = handleDataFrame;
        inner.handleDataFrame(head);
      };
    }
    // What grpc-js wants is the interface; its types ask for the one class of its own.
    return call as grpc.ServerInterceptingCall;
  };

  return { interceptor, digestOf: (message) => digests.get(message) };
}

function prototypeOf(call: Internals): Internals {
  return Object.getPrototypeOf(call);
}
