/**
 * All the ways in which a server can end a client's connection, or make it wish it had.
 *
 * @module
 */

import {
  FRAME,
  frame,
  headerFields,
  resetStream,
} from "../conformance/_http2.ts";
import {
  answerHeaders,
  answerTo,
  answerTrailers,
  type RawConnection,
} from "./_raw_server.ts";
import { concat } from "./_wire.ts";

/** Ends a connection, or leaves it to be closed. */
export type End = (connection: RawConnection) => Promise<void>;

const END_STREAM = 1;
const ACK = 1;
const END_HEADERS = 4;

/** Error codes of RFC 9113: from NO_ERROR to HTTP_1_1_REQUIRED; and one that is none. */
const CODES = [...Array.from({ length: 14 }, (_, code) => code), 0xff];

const LARGEST_STREAM = 0x7fff_ffff;

const encoder = new TextEncoder();

/** A GOAWAY frame. */
function goaway(
  lastStream: number,
  code: number,
  debug: Uint8Array = new Uint8Array(),
): Uint8Array {
  const payload = new Uint8Array(8);
  const view = new DataView(payload.buffer);
  view.setUint32(0, lastStream);
  view.setUint32(4, code);
  return frame(FRAME.goaway, 0, 0, concat(payload, debug));
}

function setting(id: number, value: number): Uint8Array {
  const payload = new Uint8Array(6);
  const view = new DataView(payload.buffer);
  view.setUint16(0, id);
  view.setUint32(2, value);
  return frame(FRAME.settings, 0, 0, payload);
}

function windowUpdate(stream: number, increment: number): Uint8Array {
  const payload = new Uint8Array(4);
  new DataView(payload.buffer).setUint32(0, increment);
  return frame(FRAME.windowUpdate, 0, stream, payload);
}

function many(count: number, bytes: Uint8Array): Uint8Array {
  return concat(...Array.from({ length: count }, () => bytes));
}

/** What follows a GOAWAY. */
const AFTER: Readonly<Record<string, (connection: RawConnection) => void>> = {
  "a FIN": ({ end }) => end(),
  "a RST": ({ reset }) => reset(),
  nothing: () => {},
};

function* goaways(): Generator<readonly [string, End]> {
  for (const code of CODES) {
    for (const [after, finish] of Object.entries(AFTER)) {
      yield [`GOAWAY ${code} while idle, then ${after}`, async (connection) => {
        const stream = await connection.called();
        connection.answer(stream);
        connection.send(goaway(stream, code));
        finish(connection);
      }];
      for (
        const [which, last] of [
          ["none", () => 0],
          ["this one", (stream: number) => stream],
          ["any", () => LARGEST_STREAM],
        ] as const
      ) {
        yield [
          `GOAWAY ${code} in a call, ${which} was taken, then ${after}`,
          async (connection) => {
            const stream = await connection.called();
            connection.send(answerHeaders(stream), goaway(last(stream), code));
            finish(connection);
          },
        ];
      }
    }
  }
}

/** By name. */
export const CONNECTION_ENDS: ReadonlyMap<string, End> = new Map<string, End>([
  ...goaways(),
  ["GOAWAY, and the answer after it", async (connection) => {
    const stream = await connection.called();
    connection.send(goaway(stream, 0), ...answerTo(stream));
    connection.end();
  }],
  ["GOAWAY between the parts of an answer", async (connection) => {
    const stream = await connection.called();
    const [headers, ...rest] = answerTo(stream);
    connection.send(headers!, goaway(stream, 0), ...rest);
  }],
  [
    "GOAWAY of a connection's greatest age, as gRPC servers do",
    async (connection) => {
      const stream = await connection.called();
      connection.answer(stream);
      const age = encoder.encode("max_age");
      connection.send(
        goaway(LARGEST_STREAM, 0, age),
        frame(FRAME.ping, 0, 0, new Uint8Array(8)),
        goaway(stream, 0, age),
      );
      connection.end();
    },
  ],
  ["GOAWAY for too many pings", async (connection) => {
    const stream = await connection.called();
    connection.send(goaway(stream, 11, encoder.encode("too_many_pings")));
    connection.end();
  }],
  ["GOAWAY with 16 kB to say", async (connection) => {
    const stream = await connection.called();
    connection.send(goaway(stream, 0, new Uint8Array(16_000).fill(65)));
  }],
  ["a hundred GOAWAYs", async (connection) => {
    const stream = await connection.called();
    connection.send(many(100, goaway(stream, 0)));
  }],
  ["GOAWAY that takes its last stream back", async (connection) => {
    const stream = await connection.called();
    connection.send(goaway(0, 0), goaway(stream, 0));
  }],
  ["GOAWAY before any call", (connection) => {
    connection.send(goaway(0, 0));
    return Promise.resolve();
  }],
  ["GOAWAY in two pieces", async (connection) => {
    const stream = await connection.called();
    const bytes = goaway(stream, 0);
    connection.send(bytes.subarray(0, 11));
    await new Promise((resolve) => setTimeout(resolve, 5));
    connection.send(bytes.subarray(11));
  }],
  ["GOAWAY that ends after its head", async (connection) => {
    const stream = await connection.called();
    connection.send(goaway(stream, 0).subarray(0, 11));
    connection.end();
  }],
  ["GOAWAY on a stream", async (connection) => {
    const stream = await connection.called();
    connection.send(frame(FRAME.goaway, 0, stream, new Uint8Array(8)));
  }],
  ["a GOAWAY that is too short", async (connection) => {
    await connection.called();
    connection.send(frame(FRAME.goaway, 0, 0, new Uint8Array(3)));
  }],
  ["GOAWAY and RST_STREAM in one piece", async (connection) => {
    const stream = await connection.called();
    connection.send(goaway(stream, 2), resetStream(stream, 7));
    connection.end();
  }],
  ["RST_STREAM and GOAWAY in one piece", async (connection) => {
    const stream = await connection.called();
    connection.send(resetStream(stream, 8), goaway(stream, 0));
    connection.end();
  }],
  ...CODES.map((code): [string, End] => [
    `RST_STREAM ${code}, twice, then GOAWAY`,
    async (connection) => {
      const stream = await connection.called();
      connection.send(resetStream(stream, code), resetStream(stream, code));
      connection.send(goaway(stream, 0));
    },
  ]),
  ["a FIN while idle", async (connection) => {
    connection.answer(await connection.called());
    connection.end();
  }],
  ["a FIN in a call", async (connection) => {
    connection.send(answerHeaders(await connection.called()));
    connection.end();
  }],
  ["a FIN in a frame", async (connection) => {
    const [headers] = answerTo(await connection.called());
    connection.send(headers!.subarray(0, 12));
    connection.end();
  }],
  ["a FIN before its settings are acknowledged", (connection) => {
    connection.end();
    return Promise.resolve();
  }],
  ["a RST while idle", async (connection) => {
    connection.answer(await connection.called());
    connection.reset();
  }],
  ["a RST in a call", async (connection) => {
    connection.send(answerHeaders(await connection.called()));
    connection.reset();
  }],
  ["a RST at once", (connection) => {
    connection.reset();
    return Promise.resolve();
  }],
  ["no answer, and no end", async (connection) => {
    await connection.called();
  }],
  ["half of it closed, and the other half read on", async (connection) => {
    await connection.called();
    connection.end();
    await connection.closed;
  }],
  ["10,000 SETTINGS", async (connection) => {
    const stream = await connection.called();
    connection.send(many(10_000, setting(3, 100)));
    connection.answer(stream);
  }],
  ["10,000 PINGs", async (connection) => {
    const stream = await connection.called();
    connection.send(many(10_000, frame(FRAME.ping, 0, 0, new Uint8Array(8))));
    connection.answer(stream);
  }],
  ["10,000 answers to PINGs that were not asked", async (connection) => {
    const stream = await connection.called();
    connection.send(many(10_000, frame(FRAME.ping, ACK, 0, new Uint8Array(8))));
    connection.answer(stream);
  }],
  ["10,000 acknowledgements of nothing", async (connection) => {
    const stream = await connection.called();
    connection.send(many(10_000, frame(FRAME.settings, ACK, 0)));
    connection.answer(stream);
  }],
  ["10,000 empty DATA frames", async (connection) => {
    const stream = await connection.called();
    connection.send(answerHeaders(stream));
    connection.send(many(10_000, frame(FRAME.data, 0, stream)));
    connection.send(answerTrailers(stream));
  }],
  ["10,000 CONTINUATIONs", async (connection) => {
    const stream = await connection.called();
    connection.send(frame(FRAME.headers, 0, stream));
    connection.send(many(10_000, frame(FRAME.continuation, 0, stream)));
  }],
  ["SETTINGS that allow no stream", async (connection) => {
    connection.send(setting(3, 0));
    await connection.called();
  }],
  [
    "SETTINGS with a window of 0, later one that is too large",
    async (connection) => {
      connection.send(setting(4, 0));
      await new Promise((resolve) => setTimeout(resolve, 20));
      connection.send(setting(4, 0xffff_ffff));
    },
  ],
  ["SETTINGS with frames that are too large", async (connection) => {
    await connection.called();
    connection.send(setting(5, 1));
  }],
  ["SETTINGS that enable what a server may not", async (connection) => {
    await connection.called();
    connection.send(setting(2, 1), setting(2, 7));
  }],
  ["SETTINGS of the wrong length", async (connection) => {
    await connection.called();
    connection.send(frame(FRAME.settings, 0, 0, new Uint8Array(5)));
  }],
  ["WINDOW_UPDATEs that overflow", async (connection) => {
    const stream = await connection.called();
    for (const id of [0, stream]) {
      connection.send(many(2, windowUpdate(id, 0x7fff_ffff)));
    }
  }],
  ["WINDOW_UPDATEs of 0", async (connection) => {
    const stream = await connection.called();
    connection.send(windowUpdate(stream, 0), windowUpdate(0, 0));
  }],
  ["an answer to a call that was never made", async (connection) => {
    await connection.called();
    connection.send(...answerTo(4_001));
  }],
  ["an answer on a stream of its own", async (connection) => {
    await connection.called();
    connection.send(...answerTo(2));
  }],
  ["an answer that ends twice", async (connection) => {
    const stream = await connection.called();
    connection.send(...answerTo(stream), ...answerTo(stream));
  }],
  ["a push", async (connection) => {
    const stream = await connection.called();
    const promised = new Uint8Array([0, 0, 0, 2]);
    const fields = headerFields([[":method", "GET"], [":path", "/"]]);
    connection.send(frame(5, END_HEADERS, stream, concat(promised, fields)));
  }],
  ["trailers that nobody can read", async (connection) => {
    const stream = await connection.called();
    const noise = new Uint8Array(40).fill(0xff);
    connection.send(
      answerHeaders(stream),
      frame(FRAME.headers, END_HEADERS | END_STREAM, stream, noise),
    );
  }],
  ["headers without a status", async (connection) => {
    const stream = await connection.called();
    const fields = headerFields([["content-type", "application/grpc"]]);
    connection.send(frame(FRAME.headers, END_HEADERS, stream, fields));
  }],
  ["a frame longer than any may be", async (connection) => {
    await connection.called();
    connection.send(new Uint8Array([0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 1]));
    connection.send(new Uint8Array(20_000));
  }],
  ["frames of unknown types", async (connection) => {
    const stream = await connection.called();
    connection.send(many(100, frame(0xee, 0xff, stream, new Uint8Array(10))));
    connection.answer(stream);
  }],
  ["HTTP/1.1", (connection) => {
    connection.send(encoder.encode("HTTP/1.1 400 Bad Request\r\n\r\n"));
    connection.end();
    return Promise.resolve();
  }],
  ["noise", async (connection) => {
    await connection.called();
    connection.send(
      new Uint8Array(5_000).map((_, index) => (index * 7_919) & 0xff),
    );
  }],
]);
