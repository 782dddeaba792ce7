/**
 * Rules of what comes over the wire and is no gRPC call, or a broken one: whatever
 * it is, the service goes on.
 *
 * @module
 */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { concat } from "../grpc/_wire.ts";
import { agsId, eventBytes, LOGGED_IN, PATHS } from "./_events.ts";
import {
  CANCEL,
  connectHttp2,
  FRAME,
  frame,
  grpcMessage,
  resetStream,
} from "./_http2.ts";
import { statusOf } from "./_raw_call.ts";
import { rulesOf, startWorld, type Suite } from "./_world.ts";

const PATH = PATHS[LOGGED_IN];

/** Registers the rules. */
export function transportRules(suite: Suite): void {
  Deno.test(`${suite.name}: broken callers`, async (test) => {
    await using world = await startWorld(suite);
    const { emulator, target, send, grants } = world;
    const { namespace } = emulator;
    const rule = rulesOf(test, world);
    const port = target.grpcPort;
    const body = grpcMessage(eventBytes(namespace));

    async function assertGoesOn(): Promise<void> {
      const userId = agsId();
      assert.equal((await send({ userId })).status, "OK");
      assert.equal(grants(userId), 1);
    }

    const openings = {
      "an HTTP/1 request": "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
      "a gRPC call over HTTP/1":
        `POST ${PATH} HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n\0\0\0\0\0`,
      "a preface that is cut off": "PRI * HTTP/2.0\r\n",
      "random bytes": "\x00\xff\x13\x37".repeat(1_000),
      "nothing": "",
    };
    for (const [what, text] of Object.entries(openings)) {
      await rule(
        `a connection that starts with ${what} does no harm`,
        async () => {
          for (let index = 0; index < 20; index++) {
            using socket = await Deno.connect({ hostname: "127.0.0.1", port });
            await socket.write(Buffer.from(text, "latin1"));
          }
          await assertGoesOn();
        },
      );
    }

    await rule(
      "a TLS handshake on the plaintext port fails, and does no harm",
      async () => {
        for (let index = 0; index < 5; index++) {
          using socket = await Deno.connectTls({ hostname: "localhost", port });
          await assert.rejects(socket.handshake());
        }
        await assertGoesOn();
      },
    );

    const garbage = {
      "DATA on no stream": frame(FRAME.data, 0, 0, new Uint8Array(5)),
      "DATA on a stream that was never opened": frame(FRAME.data, 1, 99, body),
      "a frame longer than allowed": frame(
        FRAME.data,
        0,
        1,
        new Uint8Array(100_000),
      ),
      "headers that do not decode": frame(
        FRAME.headers,
        5,
        1,
        new Uint8Array(40).fill(0xff),
      ),
      "headers that never end": frame(FRAME.headers, 0, 1),
      "a window that overflows": frame(
        FRAME.windowUpdate,
        0,
        0,
        new Uint8Array([0x7f, 0xff, 0xff, 0xff]),
      ),
      "a reset of a stream that was never opened": resetStream(7, CANCEL),
      "settings of a wrong length": frame(
        FRAME.settings,
        0,
        0,
        new Uint8Array(5),
      ),
      "a frame of an unknown type": frame(0xee, 0xff, 1, new Uint8Array(10)),
      "frames of random bytes": new Uint8Array(5_000).map((_, index) =>
        (index * 7_919) & 0xff
      ),
    };
    for (const [what, bytes] of Object.entries(garbage)) {
      await rule(`${what} does no harm`, async () => {
        for (let index = 0; index < 10; index++) {
          using connection = await connectHttp2(port);
          await connection.send(bytes);
          // The service may have hung up already.
          await connection.call(PATH, body).catch(() => {});
        }
        await assertGoesOn();
      });
    }

    const calls: Readonly<Record<string, Uint8Array>> = {
      "ends before its length": body.subarray(0, body.length - 10),
      "ends within its header": body.subarray(0, 3),
      "has no message": new Uint8Array(),
      "has two messages": concat(body, body),
    };
    for (const [what, bytes] of Object.entries(calls)) {
      await rule(
        `a call that ${what} is answered INTERNAL, and not UNIMPLEMENTED`,
        async () => {
          const before = emulator.journal.counters.grants;
          assert.equal(
            await statusOf(port, { path: PATH, body: bytes }),
            "INTERNAL",
          );
          assert.equal(emulator.journal.counters.grants, before);
          await assertGoesOn();
        },
      );
    }

    await rule(
      "a call in an encoding that nobody knows is answered INTERNAL, and not UNIMPLEMENTED",
      async () => {
        const bytes = grpcMessage(eventBytes(namespace), 1);
        const headers = { "grpc-encoding": "nobody-knows" };
        assert.equal(
          await statusOf(port, { path: PATH, body: bytes, headers }),
          "INTERNAL",
        );
        await assertGoesOn();
      },
    );

    for (const flag of [1, 7]) {
      await rule(
        `a call with a wrong compression flag (${flag}) is handled or refused, and not with UNIMPLEMENTED`,
        async () => {
          const bytes = grpcMessage(eventBytes(namespace), flag);
          assert.match(
            await statusOf(port, { path: PATH, body: bytes }),
            /^(OK|INTERNAL)$/,
          );
          await assertGoesOn();
        },
      );
    }

    await rule("a gzip message is handled", async () => {
      const plain = new Blob([eventBytes(namespace).slice()]).stream();
      const zipped = await new Response(
        plain.pipeThrough(new CompressionStream("gzip")),
      ).bytes();
      const headers = { "grpc-encoding": "gzip" };
      assert.equal(
        await statusOf(port, {
          path: PATH,
          body: grpcMessage(zipped, 1),
          headers,
        }),
        "OK",
      );
    });

    for (const timeout of ["99999999H", "99999999S", "2147484S", "2147483S"]) {
      await rule(`a call with the deadline ${timeout} is handled`, async () => {
        const headers = { "grpc-timeout": timeout };
        assert.equal(await statusOf(port, { path: PATH, body, headers }), "OK");
      });
    }

    await rule(
      "a header that is no text is not printed, though a token may be in it",
      async () => {
        const headers = { authorization: "Bearer \u00f1-secret-of-a-caller" };
        // Deno 2.7 resets such a call.
        await statusOf(port, { path: PATH, body, headers }).catch(() => {});
        await assertGoesOn();
        assert.deepEqual(target.stderr, []);
      },
    );

    await rule(
      "a message that says it is longer than the limit is refused before it comes",
      async () => {
        const head = new Uint8Array([0, 0xff, 0xff, 0xff, 0xff]);
        assert.equal(
          await statusOf(port, { path: PATH, body: head }),
          "RESOURCE_EXHAUSTED",
        );
        await assertGoesOn();
      },
    );

    await rule("a request that is no gRPC call is not handled", async () => {
      const before = emulator.journal.counters.grants;
      for (const type of ["application/json", "", "text/plain"]) {
        const headers = { "content-type": type };
        // By the specification 415; the runtime has no such constant, and says 200.
        assert.match(
          await statusOf(port, { path: PATH, body, headers }),
          /^(HTTP 415|no status)$/,
        );
      }
      assert.equal(emulator.journal.counters.grants, before);
      await assertGoesOn();
    });

    await rule(
      "a thousand idle connections do not keep others out",
      async () => {
        const sockets = await Promise.all(
          Array.from(
            { length: 1_000 },
            () => Deno.connect({ hostname: "127.0.0.1", port }),
          ),
        );
        await assertGoesOn();
        for (const socket of sockets) socket.close();
        await assertGoesOn();
      },
    );
  });

  const leftOut = suite.canPing ? "" : " (left out: its runtime cannot ping)";
  Deno.test({
    name:
      `${suite.name}: a caller that does not answer pings is hung up on, one that does is not${leftOut}`,
    ignore: !suite.canPing,
    async fn() {
      await using world = await startWorld(suite, {
        env: { GRPC_KEEPALIVE_TIME: "100ms", GRPC_KEEPALIVE_TIMEOUT: "2s" },
      });
      const { grpcPort } = world.target;
      using alive = await connectHttp2(grpcPort);
      using gone = await connectHttp2(grpcPort, { answersPings: false });
      await gone.closed;
      const stream = await alive.call(
        PATH,
        grpcMessage(eventBytes("somebody-elses")),
      );
      assert.deepEqual(await alive.ended(stream), { received: 5 });
    },
  });
}
