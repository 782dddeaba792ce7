import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import * as grpc from "@grpc/grpc-js";
import fc from "fast-check";
import { UnreadableError } from "../../lib/core/errors.ts";
import { HANDLED, type Result } from "../../lib/core/outcome.ts";
import type { GrpcServerOptions } from "../../lib/grpc/server.ts";
import { until } from "../ags/_client.ts";
import { grpcMessage } from "../conformance/_http2.ts";
import {
  beginning,
  connection,
  type Dispatched,
  MEGABYTE,
  start,
} from "./_half_calls.ts";

const MAX = 1_000;
const EMPTY = grpcMessage(new Uint8Array());

async function startSmall(options: Partial<GrpcServerOptions> = {}) {
  const dispatched: Dispatched[] = [];
  const server = await start(
    { maxMessageBytes: MAX, ...options },
    undefined,
    (each) => void dispatched.push(each),
  );
  return { server, dispatched };
}

function sha256Of(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

Deno.test("An event that is too large is known by all of its bytes, in whatever pieces they come", async () => {
  const { server, dispatched } = await startSmall();
  using _server = server;
  await using client = connection(server.port);
  const lengths = fc.array(fc.integer({ min: 1, max: 400 }), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ minLength: MAX + 1, maxLength: 2_000 }),
      lengths,
      async (bytes, lengths) => {
        const call = client.open();
        let rest = grpcMessage(bytes);
        for (const length of lengths) {
          await call.write(rest.subarray(0, length));
          rest = rest.subarray(length);
        }
        if (rest.length > 0) await call.write(rest);
        call.end();
        assert.equal(await call.over, "status 8");
        const { event, options } = dispatched.pop()!;
        const sha256 = sha256Of(bytes);
        assert.equal(event.id, `sha256-${sha256}`);
        assert.deepEqual(options.digest, { size: bytes.length, sha256 });
        assert.equal(options.bytes, undefined);
        assert.ok(options.malformed instanceof UnreadableError);
      },
    ),
    { numRuns: 40 },
  );
  assert.deepEqual(dispatched, []);
});

Deno.test("An event within the bound is handled, in whatever pieces its head comes", async () => {
  const received: Uint8Array[] = [];
  using server = await start({ maxMessageBytes: MAX }, (bytes) => {
    received.push(bytes);
    return Promise.resolve(HANDLED);
  });
  await using client = connection(server.port);
  const bytes = new Uint8Array(MAX).map((_, index) => index);
  const message = grpcMessage(bytes);
  for (let head = 1; head <= 6; head++) {
    const call = client.open();
    for (let at = 0; at < head; at++) {
      await call.write(message.subarray(at, at + 1));
    }
    await call.write(message.subarray(head));
    call.end();
    assert.equal(await call.over, "status 0");
    assert.deepEqual([...received.pop()!], [...bytes]);
  }
});

Deno.test("An event that is too large and cut off is refused: nobody knows which it was", async () => {
  const { server, dispatched } = await startSmall();
  using _server = server;
  await using client = connection(server.port);
  for (const sent of [5, 500]) {
    const call = client.open();
    await call.write(beginning(MAX + 1, sent));
    call.end();
    assert.equal(await call.over, "status 8");
  }
  assert.deepEqual(dispatched, []);
});

Deno.test("An event that says it is as long as can be is answered after 32 MB of it", async () => {
  const { server, dispatched } = await startSmall();
  using _server = server;
  await using client = connection(server.port);
  const call = client.open();
  const size = 0xffff_ffff;
  await call.write(beginning(size, 5));
  const piece = new Uint8Array(MEGABYTE);
  const hash = createHash("sha256");
  for (let index = 0; index < 32; index++) {
    await call.write(piece);
    hash.update(piece);
  }
  // It has not ended, and will not.
  await call.answered;
  call.cancel();
  assert.equal(await call.over, "status 8");
  const sha256 = hash.digest("hex");
  assert.deepEqual(dispatched[0]?.options.digest, { size, sha256 });
});

Deno.test("Events that are too large take no memory from others", async () => {
  const { server, dispatched } = await startSmall({
    maxMessageBytes: 4 * MEGABYTE,
  });
  using _server = server;
  await using slow = connection(server.port);
  await using other = connection(server.port);
  const oldest = slow.open();
  // That it was all, is not said: it holds 4 MB of 32 that there are.
  await oldest.write(beginning(4 * MEGABYTE, 4 * MEGABYTE));
  const bytes = new Uint8Array(8 * MEGABYTE);
  for (let round = 0; round < 8; round++) {
    const call = other.open();
    await call.write(grpcMessage(bytes));
    call.end();
    assert.equal(await call.over, "status 8");
  }
  // And all at once, none of them at its end.
  const open = Array.from({ length: 8 }, () => other.open());
  for (const call of open) {
    await call.write(beginning(8 * MEGABYTE, 7 * MEGABYTE));
  }
  assert.equal(dispatched.length, 8);
  // One that was reset takes no more.
  void oldest.write(new Uint8Array(5));
  oldest.end();
  assert.equal(await oldest.over, "status 0");
  for (const call of open) call.cancel();
});

Deno.test("What comes of an event after it is answered for waits, and takes nothing from others", async () => {
  const result = Promise.withResolvers<Result>();
  const reached = Promise.withResolvers<void>();
  const app = {
    types: ["userAuthentication.userLoggedIn"],
    dispatch: () => {
      reached.resolve();
      return result.promise;
    },
  };
  using server = await start({ maxMessageBytes: MAX, app });
  await using client = connection(server.port);
  const call = client.open();
  await call.write(beginning(64 * MEGABYTE, 5));
  const piece = new Uint8Array(MEGABYTE);
  const pieces = Array.from({ length: 63 }, () => call.write(piece));
  await reached.promise;
  const next = client.open();
  await next.write(grpcMessage(new Uint8Array(MAX + 1)));
  next.end();
  result.resolve({ outcome: "failed", reason: "too_large" });
  assert.equal(await next.over, "status 8");
  await call.answered;
  await Promise.all(pieces);
  call.cancel();
  assert.equal(await call.over, "status 8");
});

Deno.test("Who may not send events may not have one given up, either", async () => {
  const { server, dispatched } = await startSmall({
    authorize: () => ({
      code: grpc.status.UNAUTHENTICATED,
      details: "Who is there?",
      metadata: new grpc.Metadata(),
    }),
  });
  using _server = server;
  await using client = connection(server.port);
  const call = client.open();
  await call.write(grpcMessage(new Uint8Array(MAX + 1)));
  call.end();
  assert.equal(await call.over, "status 16");
  assert.deepEqual(dispatched, []);
});

Deno.test("An event that is too large whose caller goes away while it comes is none", async () => {
  const codes: grpc.status[] = [];
  const { server, dispatched } = await startSmall({
    observer: {
      methodOf: () => ({
        started() {},
        received() {},
        sent() {},
        ended: (code) => void codes.push(code),
      }),
    },
  });
  using _server = server;
  await using client = connection(server.port);
  const call = client.open();
  await call.write(beginning(MAX + 1, 500));
  call.cancel();
  await until(() => codes.length > 0);
  assert.deepEqual(codes, [grpc.status.CANCELLED]);
  // And what comes next on the connection is handled.
  const next = client.open();
  await next.write(EMPTY);
  next.end();
  assert.equal(await next.over, "status 0");
  assert.equal(dispatched.length, 1);
});
