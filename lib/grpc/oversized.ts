/**
 * Handles events that are too large.
 *
 * grpc-js refuses such events as soon as it sees their length, and they are
 * delivered again for ever. To limit the attempts, an event has to be
 * recognised: it is read to its end, only a hash of it is kept, and it then
 * takes the same path as all events.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import type { ServerHttp2Stream } from "node:http2";
import type * as grpc from "@grpc/grpc-js";
import type { Digest } from "../core/event_id.ts";

/** Recognises events that are too large. */
export interface Oversized {
  /** Reads them in place of grpc-js. */
  readonly interceptor: grpc.ServerInterceptor;
  /**
   * The digest of an oversized event that a message stands for; `undefined` for
   * any other message.
   */
  digestOf(message: Buffer): Digest | undefined;
}

/** Options of {@linkcode readOversized}. */
export interface OversizedOptions {
  /** The methods whose messages are events. */
  readonly paths: ReadonlySet<string>;
  /** Largest event, in bytes. */
  readonly maxMessageBytes: number;
  /** The most bytes of a larger event that are read. */
  readonly maxHashedBytes: number;
  /** Called for a call whose message will not be kept. */
  readonly onDropped: (stream: ServerHttp2Stream) => void;
}

/** The parts of grpc-js's call that its types omit. */
interface Internals {
  readonly stream: ServerHttp2Stream;
  handleDataFrame(data: Buffer): void;
  handleEndEvent(): void;
  decompressMessage(message: Buffer, encoding: string): Buffer;
}

/** Bytes before each message: the compression flag and the length. */
const HEAD = 5;

/** The message that grpc-js reads in place of an oversized one. */
const EMPTY_MESSAGE = Buffer.alloc(HEAD);

const NOTHING = Buffer.alloc(0);

/** Creates the reader for one server. */
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

    /** Calls the handler, even if the rest is still arriving. */
    function hand(): void {
      const message = Buffer.alloc(0);
      digests.set(message, { size, sha256: hash.digest("hex") });
      call.handleDataFrame = () => {};
      call.handleEndEvent = () => {};
      call.decompressMessage = () => message;
      // This also pauses the rest until the call is answered.
      handleDataFrame.call(call, EMPTY_MESSAGE);
      handleEndEvent.call(call);
    }

    call.handleDataFrame = read;
    call.handleEndEvent = () => {
      // Truncated: the event cannot be recognised, and grpc-js refuses it.
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
    // grpc-js accepts any implementation of the interface, but its types
    // require its own class.
    return call as grpc.ServerInterceptingCall;
  };

  return { interceptor, digestOf: (message) => digests.get(message) };
}

function prototypeOf(call: Internals): Internals {
  return Object.getPrototypeOf(call);
}
