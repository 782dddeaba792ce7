import assert from "node:assert/strict";
import { deflateSync, gzipSync } from "node:zlib";
import { HANDLED, type Result } from "../../lib/core/outcome.ts";
import { grpcMessage } from "../conformance/_http2.ts";
import { type Connection, connection, MEGABYTE, start } from "./_half_calls.ts";

const HEALTH = "/grpc.health.v1.Health/Check";

interface Compressed {
  readonly path?: string;
  readonly encoding?: string;
}

/** Sends one compressed message; how the call ended. */
async function send(
  client: Connection,
  message: Uint8Array,
  { encoding = "gzip", ...rest }: Compressed = {},
): Promise<string | number> {
  const call = client.open({
    ...rest,
    headers: { "grpc-encoding": encoding },
  });
  await call.write(grpcMessage(message, 1));
  call.end();
  return await call.over;
}

for (
  const [encoding, compress] of [["gzip", gzipSync], [
    "deflate",
    deflateSync,
  ]] as const
) {
  Deno.test(`startGrpcServer() takes events that are compressed with ${encoding}`, async () => {
    const received: Uint8Array[] = [];
    using server = await start({}, (bytes) => {
      received.push(bytes);
      return Promise.resolve(HANDLED);
    });
    await using client = connection(server.port);
    const bytes = new Uint8Array(3_000).map((_, index) => index % 7);
    const status = await send(client, compress(bytes), { encoding });
    assert.equal(status, "status 0");
    assert.deepEqual(received.map((each) => [...each]), [[...bytes]]);
  });
}

Deno.test("startGrpcServer() answers INTERNAL to a message that cannot be inflated", async () => {
  using server = await start();
  await using client = connection(server.port);
  for (const path of [undefined, HEALTH]) {
    const options = path === undefined ? {} : { path };
    const status = await send(client, new Uint8Array(40), options);
    assert.equal(status, "status 13");
  }
});

Deno.test("startGrpcServer() refuses messages that are larger than allowed when they are inflated", async () => {
  using server = await start({ maxMessageBytes: MEGABYTE });
  await using client = connection(server.port);
  const inflated = async (length: number, options?: Compressed) =>
    await send(client, gzipSync(new Uint8Array(length)), options);
  assert.equal(await inflated(MEGABYTE), "status 0");
  assert.equal(await inflated(MEGABYTE + 1), "status 8");
  const path = HEALTH;
  assert.equal(await inflated(0, { path }), "status 0");
  assert.equal(await inflated(MEGABYTE, { path }), "status 8");
});

Deno.test("startGrpcServer() has no more than 32 MB of inflated events handled at once", async () => {
  const handled = Promise.withResolvers<Result>();
  const full = Promise.withResolvers<void>();
  let dispatched = 0;
  using server = await start({}, () => {
    if (++dispatched === 8) full.resolve();
    return handled.promise;
  });
  await using client = connection(server.port);
  const bomb = gzipSync(new Uint8Array(4 * MEGABYTE));
  const first = Array.from({ length: 8 }, () => send(client, bomb));
  await full.promise;
  assert.equal(await send(client, bomb), "status 8");
  assert.equal(dispatched, 8);
  handled.resolve(HANDLED);
  assert.deepEqual(await Promise.all(first), Array(8).fill("status 0"));
  assert.equal(await send(client, bomb), "status 0", "and there is room again");
});
