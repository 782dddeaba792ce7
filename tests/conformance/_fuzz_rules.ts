/**
 * Rules of callers that mean harm: whatever they send, the process lives, others are
 * answered, its output is its log, and its memory has a bound.
 *
 * The inputs are random, and the same in every run; `FUZZ_SEED=<number>` gives others,
 * `FUZZ_RUNS=<number>` more of them. A failure says seed and path.
 *
 * @module
 */

import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { call } from "../grpc/_grpc.ts";
import { concat } from "../grpc/_wire.ts";
import { eventBytes, LOGGED_IN, PATHS } from "./_events.ts";
import {
  anyFrames,
  type Attack,
  brokenCalls,
  brokenOpenings,
  drips,
  floods,
  headerFrames,
  headerLists,
  noise,
} from "./_hostile.ts";
import {
  connectHttp2,
  FRAME,
  frame,
  grpcMessage,
  headerBlock,
  type Http2Connection,
  resetStream,
} from "./_http2.ts";
import { peakMegabytes } from "./_memory.ts";
import { rulesOf, startWorld, type Suite, type World } from "./_world.ts";

const PATH = PATHS[LOGGED_IN];
const SEED = Number(Deno.env.get("FUZZ_SEED") ?? 1);
const RUNS = Number(Deno.env.get("FUZZ_RUNS") ?? 100);

/** Registers the rules. */
export function fuzzRules(suite: Suite): void {
  Deno.test(`${suite.name}: hostile callers, at random`, async (test) => {
    await using world = await startWorld(suite, {
      env: { LOG_LEVEL: "error" },
    });
    const rule = rulesOf(test, world);
    const attacks: Readonly<Record<string, fc.Arbitrary<Attack>>> = {
      "random bytes": noise,
      "broken openings": brokenOpenings,
      "any frames": anyFrames,
      "floods of frames": floods,
      "odd headers, and very many": headerLists(PATH),
      "broken calls": brokenCalls(PATH),
      "calls byte by byte": drips(PATH),
    };
    for (const [what, attack] of Object.entries(attacks)) {
      await rule(`${what} do no harm`, async () => {
        // Held until the end of the rule: some never say that they are done.
        await using open = new AsyncDisposableStack();
        await fc.assert(
          fc.asyncProperty(attack, fc.boolean(), async (pieces, isHeld) => {
            const port = world.target.grpcPort;
            const striking = strike(port, pieces);
            await assertAnswers(world);
            const connection = await striking;
            if (isHeld) open.use(connection);
            else await connection[Symbol.asyncDispose]();
            await assertAnswers(world);
          }),
          { seed: SEED, numRuns: RUNS, endOnFailure: true },
        );
      });
    }
    for (const line of world.target.stdout) {
      const record: unknown = JSON.parse(line);
      assert.ok(typeof record === "object" && record !== null, line);
    }
  });

  Deno.test({
    name: `${suite.name}: callers that want its memory do not get it`,
    ignore: Deno.build.os !== "linux",
    fn: async (test) => {
      for (const [what, attack] of Object.entries(MEMORY_ATTACKS)) {
        await test.step({
          name: what,
          sanitizeOps: false,
          sanitizeResources: false,
          async fn() {
            // Peaks are those of a process: each has its own.
            await using world = await startWorld(suite, {
              env: { LOG_LEVEL: "error" },
            });
            using stack = new DisposableStack();
            for (let index = 0; index < 3; index++) {
              const { grpcPort } = world.target;
              const connection = stack.use(await connectHttp2(grpcPort));
              // Whoever does this may be hung up on.
              await attack(connection).catch(ignoreDisconnect);
              await assertAnswers(world);
            }
            const peak = await peakMegabytes(world.target.pid);
            assert.ok(peak < MAX_PEAK, `${peak} MB for: ${what}`);
          },
        });
      }
    },
  });
}

/**
 * What a process may have taken at its worst, in MB. Seen: 90 after the start, up to
 * 300 under attack; without bounds 500 to 3,000, or its end.
 */
const MAX_PEAK = 400;

/** Streams of one connection at a time. */
const STREAMS = 1_000;

/** What a connection does; three of them, one after the other, are left open. */
const MEMORY_ATTACKS: Readonly<
  Record<string, (connection: Http2Connection) => Promise<void>>
> = {
  "messages that are half sent": async (connection) => {
    // Within the windows of each stream, so that all of it is taken.
    const half = new Uint8Array(16_000);
    new DataView(half.buffer).setUint32(1, 4_000_000);
    await everyStream(
      connection,
      (stream) => frame(FRAME.data, 0, stream, half),
    );
    for (let round = 0; round < 3; round++) {
      for (let at = 0; at < STREAMS; at++) {
        const more = new Uint8Array(16_000);
        await connection.send(frame(FRAME.data, 0, 2 * at + 1, more));
      }
    }
  },
  "messages byte by byte": async (connection) => {
    await everyStream(
      connection,
      (stream) =>
        frame(FRAME.data, 0, stream, new Uint8Array([0, 0, 0x3f, 0, 0])),
    );
    const piece = (at: number) =>
      frame(FRAME.data, 0, 2 * at + 1, new Uint8Array(1));
    for (let at = 0; at < 20; at++) {
      const pieces = Array<Uint8Array>(10_000).fill(piece(at));
      await connection.send(concat(...pieces));
    }
  },
  "small messages that inflate to large ones": async (connection) => {
    const bomb = grpcMessage(gzipSync(new Uint8Array(4_000_000)), 1);
    const headers = { "grpc-encoding": "gzip" };
    await everyStream(
      connection,
      (stream) => frame(FRAME.data, stream % 4 === 1 ? 1 : 0, stream, bomb),
      headers,
    );
  },
  "headers that are long": async (connection) => {
    await everyStream(connection, () => new Uint8Array(), {
      "x-long": "a".repeat(60_000),
    });
  },
  "headers of many fields": async (connection) => {
    const many = Array.from({ length: 120 }, (_, at) => [`x-${at}`, "a"]);
    await everyStream(
      connection,
      () => new Uint8Array(),
      Object.fromEntries(many),
    );
  },
  "streams that are reset as soon as they are opened": async (connection) => {
    await everyStream(connection, (stream) => resetStream(stream, 8));
  },
};

async function everyStream(
  connection: Http2Connection,
  then: (stream: number) => Uint8Array,
  headers: Readonly<Record<string, string>> = {},
): Promise<void> {
  const block = headerBlock(PATH, headers);
  for (let stream = 1; stream < 2 * STREAMS; stream += 2) {
    await connection.send(headerFrames(stream, block), then(stream));
  }
}

/** Sends what an attack sends, and takes what comes. Disposing hangs up. */
async function strike(
  port: number,
  pieces: Attack,
): Promise<AsyncDisposable> {
  const socket = await Deno.connect({ hostname: "127.0.0.1", port });
  socket.setNoDelay(true);
  const read = socket.readable.pipeTo(new WritableStream()).catch(() => {});
  const writer = socket.writable.getWriter();
  try {
    for (const piece of pieces) await writer.write(piece);
  } catch (error) {
    ignoreDisconnect(error);
  }
  return {
    async [Symbol.asyncDispose]() {
      await writer.abort().catch(() => {});
      try {
        socket.close();
      } catch (error) {
        if (!(error instanceof Deno.errors.BadResource)) throw error;
      }
      await read;
    },
  };
}

/** A caller like others is answered, in the ten seconds that {@linkcode call} has. */
async function assertAnswers({ channel }: World): Promise<void> {
  const answer = await call(channel.client, PATH, eventBytes("somebody-elses"));
  assert.equal(answer.status, "OK", answer.details);
}

function ignoreDisconnect(error: unknown): void {
  const isDisconnect = error instanceof Deno.errors.BrokenPipe ||
    error instanceof Deno.errors.ConnectionReset ||
    error instanceof Deno.errors.ConnectionAborted ||
    error instanceof Deno.errors.BadResource;
  if (!isDisconnect) throw error;
}
