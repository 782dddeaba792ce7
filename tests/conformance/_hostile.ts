/**
 * What hostile callers send: random, and yet close to what is right.
 *
 * @module
 */

import fc from "fast-check";
import { concat } from "../grpc/_wire.ts";
import {
  CANCEL,
  FRAME,
  frame,
  grpcMessage,
  headerBlock,
  headerFields,
  PREFACE,
  resetStream,
} from "./_http2.ts";

/** What one connection sends, in the pieces in which it is written. */
export type Attack = readonly Uint8Array[];

const bytes = (maxLength: number) => fc.uint8Array({ maxLength });

/** Bytes that are no HTTP/2 at all. */
export const noise: fc.Arbitrary<Attack> = fc.array(bytes(2_000), {
  maxLength: 5,
});

/** The beginning of HTTP/2, cut off or with a wrong byte, and whatever follows. */
export const brokenOpenings: fc.Arbitrary<Attack> = fc.tuple(
  fc.nat({ max: PREFACE.length }),
  fc.option(fc.nat({ max: 255 })),
  bytes(100),
).map(([length, wrong, rest]) => [
  concat(
    PREFACE.subarray(0, length),
    new Uint8Array(wrong === null ? [] : [wrong]),
    rest,
  ),
]);

const OPENING = concat(PREFACE, frame(FRAME.settings, 0, 0));
const streamIds = fc.oneof(
  fc.constantFrom(0, 1, 3, 5, 2, 2 ** 31 - 1),
  fc.nat({ max: 2 ** 31 - 1 }),
);
const numbers = fc.oneof(
  fc.constantFrom(0, 1, 65_535, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1),
  fc.nat({ max: 2 ** 32 - 1 }),
);

function number(value: number): Uint8Array {
  const payload = new Uint8Array(4);
  new DataView(payload.buffer).setUint32(0, value);
  return payload;
}

const settings = fc.array(fc.tuple(fc.nat({ max: 10 }), numbers), {
  maxLength: 20,
}).map((pairs) =>
  frame(
    FRAME.settings,
    0,
    0,
    concat(
      ...pairs.map(([name, value]) =>
        concat(new Uint8Array([0, name]), number(value))
      ),
    ),
  )
);

/** Any frame: of a known type, or not; well-formed, or not. */
const anyFrame: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc.tuple(fc.nat({ max: 12 }), fc.nat({ max: 255 }), streamIds, bytes(300))
    .map(([type, flags, stream, payload]) =>
      frame(type, flags, stream, payload)
    ),
  settings,
  fc.tuple(streamIds, numbers).map(([stream, value]) =>
    frame(FRAME.windowUpdate, 0, stream, number(value))
  ),
  fc.tuple(streamIds, numbers).map(([stream, code]) =>
    frame(FRAME.resetStream, 0, stream, number(code))
  ),
  fc.tuple(fc.nat({ max: 1 }), fc.uint8Array({ maxLength: 16 })).map((
    [flags, payload],
  ) => frame(FRAME.ping, flags, 0, payload)),
);

/** Frames in any order, on a connection that begins as it should. */
export const anyFrames: fc.Arbitrary<Attack> = fc.array(anyFrame, {
  minLength: 1,
  maxLength: 40,
}).map((frames) => [OPENING, ...frames]);

/** One frame again and again: in one go, as fast as the socket takes it. */
export const floods: fc.Arbitrary<Attack> = fc.tuple(
  fc.oneof(
    anyFrame,
    fc.constantFrom(
      frame(FRAME.settings, 0, 0),
      frame(FRAME.ping, 0, 0, new Uint8Array(8)),
      frame(FRAME.priority, 0, 1, new Uint8Array(5)),
      frame(FRAME.data, 0, 1),
      frame(FRAME.continuation, 0, 1, new Uint8Array(100)),
    ),
  ),
  fc.boolean(),
  fc.integer({ min: 500, max: 5_000 }),
).map(([repeated, isInHeaders, count]) => [
  OPENING,
  // A block of headers that is not ended: what follows is part of it, or an error.
  ...isInHeaders ? [frame(FRAME.headers, 0, 1, new Uint8Array(10))] : [],
  concat(...Array<Uint8Array>(count).fill(repeated)),
]);

/** A gRPC message whose five bytes of header do not say what comes. */
const brokenMessages: fc.Arbitrary<Uint8Array> = fc.oneof(
  bytes(60),
  fc.tuple(fc.nat({ max: 255 }), numbers, bytes(200)).map((
    [flag, length, rest],
  ) => concat(new Uint8Array([flag]), number(length), rest)),
  fc.tuple(bytes(50), fc.nat({ max: 255 }), bytes(50)).map((
    [message, flag, rest],
  ) => concat(grpcMessage(message, flag), rest)),
);

const odd = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 40 }),
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.constantFrom("", " ", "\0", "\r\n", "\x7f", "é", "a".repeat(9_000)),
);

/** Headers that a gRPC call does not have, or not like this; some of them twice. */
const oddHeaders = fc.array(
  fc.tuple(
    fc.oneof(
      fc.constantFrom(
        ":method",
        ":path",
        ":scheme",
        ":authority",
        ":status",
        "content-type",
        "te",
        "grpc-encoding",
        "grpc-timeout",
        "grpc-trace-bin",
        "authorization",
        "traceparent",
        "connection",
        "Upper-Case",
      ),
      odd,
    ),
    fc.oneof(
      odd,
      fc.constantFrom(
        "gzip",
        "0n",
        "99999999H",
        "-1S",
        "1e9S",
        "application/grpc+json",
        "application/json",
        "trailers, trailers",
        "GET",
        "CONNECT",
        "Bearer ",
        "00-0-0-0",
      ),
    ),
  ),
  { maxLength: 30 },
);

/** Bytes of a frame's payload that every peer must take. */
const FRAME_SIZE = 16_384;

const END_STREAM = 1;
const END_HEADERS = 4;

/** A block of headers in as many frames as it needs. */
export function headerFrames(stream: number, block: Uint8Array): Uint8Array {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at === 0 || at < block.length; at += FRAME_SIZE) {
    const isLast = at + FRAME_SIZE >= block.length;
    pieces.push(frame(
      at === 0 ? FRAME.headers : FRAME.continuation,
      isLast ? END_HEADERS : 0,
      stream,
      block.subarray(at, at + FRAME_SIZE),
    ));
  }
  return concat(...pieces);
}

const paths = (path: string) =>
  fc.oneof(
    { weight: 3, arbitrary: fc.constant(path) },
    fc.constantFrom(
      "/grpc.health.v1.Health/Watch",
      "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
      "/",
      "",
      "*",
      `/${"a".repeat(20_000)}`,
    ),
    odd,
  );

/** Headers that are odd, or too many, or too long, or no HPACK. */
export function headerLists(path: string): fc.Arbitrary<Attack> {
  const lists = fc.oneof(
    fc.tuple(paths(path), oddHeaders).map(([path, fields]) =>
      concat(headerBlock(path), headerFields(fields))
    ),
    fc.integer({ min: 100, max: 8_000 }).map((count) =>
      concat(
        headerBlock(path),
        headerFields(Array.from({ length: count }, (_, at) => [`x-${at}`, ""])),
      )
    ),
    fc.integer({ min: 10_000, max: 300_000 }).map((length) =>
      headerBlock(path, { "x-long": "a".repeat(length) })
    ),
    bytes(2_000),
    // Without the fields that make it a request.
    oddHeaders.map(headerFields),
  );
  return fc.array(lists, { minLength: 1, maxLength: 4 }).map((blocks) => [
    OPENING,
    ...blocks.map((block, index) =>
      concat(
        headerFrames(2 * index + 1, block),
        frame(FRAME.data, END_STREAM, 2 * index + 1, grpcMessage(block)),
      )
    ),
  ]);
}

/** Many calls, whose messages are broken, and cut into frames anywhere. */
export function brokenCalls(path: string): fc.Arbitrary<Attack> {
  const call = fc.record({
    path: paths(path),
    encoding: fc.constantFrom("identity", "gzip", "deflate", "br", ""),
    timeout: fc.constantFrom("1S", "0n", "1n", "99999999H", "x", "", "-1S"),
    message: brokenMessages,
    cuts: fc.array(fc.nat({ max: 200 }), { maxLength: 8 }),
    end: fc.constantFrom("whole", "open", "reset"),
  });
  return fc.array(call, { minLength: 1, maxLength: 40 }).map((calls) => [
    OPENING,
    ...calls.map(({ path, encoding, timeout, message, cuts, end }, index) => {
      const stream = 2 * index + 1;
      const headers = { "grpc-encoding": encoding, "grpc-timeout": timeout };
      const at = [0, ...cuts.toSorted((a, b) => a - b), message.length];
      return concat(
        headerFrames(stream, headerBlock(path, headers)),
        // Some of them are empty.
        ...at.slice(1).map((to, piece) =>
          frame(FRAME.data, 0, stream, message.subarray(at[piece], to))
        ),
        end === "whole"
          ? frame(FRAME.data, END_STREAM, stream)
          : new Uint8Array(),
        end === "reset" ? resetStream(stream, CANCEL) : new Uint8Array(),
      );
    }),
  ]);
}

/** A call of which a beginning is sent, byte by byte. */
export function drips(path: string): fc.Arbitrary<Attack> {
  return fc.tuple(fc.nat({ max: 200 }), bytes(100)).map(([length, message]) => {
    const all = concat(
      OPENING,
      headerFrames(1, headerBlock(path)),
      frame(FRAME.data, 0, 1, grpcMessage(message)),
    );
    return Array.from(
      all.subarray(0, length),
      (byte) => new Uint8Array([byte]),
    );
  });
}
