import assert from "node:assert/strict";
import http2 from "node:http2";
import { HANDLED, type Result } from "../../lib/core/outcome.ts";
import {
  connectHttp2,
  FRAME,
  frame,
  type Http2Connection,
} from "../conformance/_http2.ts";
import { reflect } from "./_clients.ts";
import { connect } from "./_grpc.ts";
import { concat } from "./_wire.ts";
import {
  beginning,
  type Call,
  connection,
  MEGABYTE,
  PATH,
  start,
} from "./_half_calls.ts";
import { recordLog } from "../_support/log.ts";

/** RST_STREAM codes of RFC 9113. */
const { NGHTTP2_REFUSED_STREAM, NGHTTP2_ENHANCE_YOUR_CALM } = http2.constants;

const EVENT = beginning(0, 5);

Deno.test("startGrpcServer() ends a call whose message does not come in time, and no other", async () => {
  const log = recordLog();
  using server = await start({ receiveTimeout: 200, log });
  await using client = connection(server.port);
  const silent = client.open();
  const half = client.open();
  await half.write(beginning(1_000, 100));
  const whole = client.open();
  // That it was all, is not said.
  await whole.write(EVENT);
  await using channel = connect(server.port);
  const conversation = reflect(channel.client, "v1");
  await conversation.ask({ list_services: "" });
  for (const call of [silent, half, whole]) {
    assert.equal(await call.over, NGHTTP2_REFUSED_STREAM);
  }
  const answer = await conversation.ask({ list_services: "" });
  assert.ok(answer.list_services_response, "its caller may take its time");
  conversation.end();
  const next = client.open();
  await next.write(EVENT);
  next.end();
  assert.equal(await next.over, "status 0");
  const lines = log.lines.filter(({ message }) =>
    message === "Calls were ended before their message was complete"
  );
  assert.ok(lines.every(({ fields }) => fields["reason"] === "time"));
  const counts = lines.map(({ fields }) => Number(fields["count"]));
  assert.equal(counts.reduce((sum, count) => sum + count), 3);
});

Deno.test("startGrpcServer() ends the calls that have been half received longest when they hold 32 MB together", async () => {
  using server = await start();
  await using slow = connection(server.port);
  await using other = connection(server.port);
  const calls = Array.from({ length: 9 }, () => slow.open());
  for (const call of calls) {
    await call.write(beginning(4 * MEGABYTE, 4 * MEGABYTE));
  }
  assert.equal(await calls[0]?.over, NGHTTP2_ENHANCE_YOUR_CALM);
  // Who sends all of it, is answered, on the same connection and on another.
  const last = calls.at(-1);
  await last?.write(new Uint8Array(5));
  last?.end();
  const whole = other.open();
  await whole.write(EVENT);
  whole.end();
  assert.deepEqual(await Promise.all([last?.over, whole.over]), [
    "status 0",
    "status 0",
  ]);
});

Deno.test("startGrpcServer() counts the pieces of messages, which cost more than their bytes", async () => {
  using server = await start();
  using stack = new DisposableStack();
  const ends: ReturnType<Http2Connection["ended"]>[] = [];
  for (let index = 0; index < 3; index++) {
    const client = stack.use(await connectHttp2(server.port));
    const stream = await client.call(PATH, beginning(100_000, 5), {
      endStream: false,
    });
    ends.push(client.ended(stream));
    const piece = frame(FRAME.data, 0, stream, new Uint8Array(1));
    const thousand = concat(...Array<Uint8Array>(1_000).fill(piece));
    for (let sent = 0; sent < 25; sent++) await client.send(thousand);
  }
  assert.deepEqual(await ends[0], {
    received: 0,
    reset: NGHTTP2_ENHANCE_YOUR_CALM,
  });
});

Deno.test("startGrpcServer() counts what is being handled, and refuses what comes beyond it", async () => {
  const handled = Promise.withResolvers<Result>();
  let dispatched = 0;
  using server = await start({}, () => {
    dispatched++;
    return handled.promise;
  });
  await using client = connection(server.port);
  const send = () => {
    const call = client.open();
    call.write(beginning(4 * MEGABYTE - 5, 4 * MEGABYTE));
    call.end();
    return call.over;
  };
  const first = Array.from({ length: 7 }, send);
  // The seventh is whole when what came after it is answered.
  const eighth = send();
  assert.equal(await eighth, NGHTTP2_ENHANCE_YOUR_CALM);
  assert.equal(dispatched, 7);
  handled.resolve(HANDLED);
  assert.deepEqual(await Promise.all(first), Array(7).fill("status 0"));
  assert.equal(await send(), "status 0", "and there is room again");
});

Deno.test("startGrpcServer() forgets what calls held that are over, however they ended", async () => {
  using server = await start();
  const half = beginning(4 * MEGABYTE, 3 * MEGABYTE);
  for (let round = 0; round < 12; round++) {
    await using client = connection(server.port);
    const [whole, reset, left] = [client.open(), client.open(), client.open()];
    for (const call of [reset, left]) await call.write(half);
    await whole.write(beginning(3 * MEGABYTE - 5, 3 * MEGABYTE));
    whole.end();
    assert.equal(await whole.over, "status 0");
    reset.cancel();
    assert.equal(await reset.over, http2.constants.NGHTTP2_CANCEL);
    // The third is still open when its connection ends.
  }
});

Deno.test("startGrpcServer() ends the oldest of more than 4,096 calls that send nothing", async () => {
  using server = await start();
  await using stack = new AsyncDisposableStack();
  const calls: Call[] = [];
  for (let index = 0; index < 5; index++) {
    const client = stack.use(connection(server.port));
    for (let each = 0; each < 1_000; each++) calls.push(client.open());
  }
  assert.equal(await calls[0]?.over, NGHTTP2_ENHANCE_YOUR_CALM);
  const last = calls.at(-1);
  await last?.write(EVENT);
  last?.end();
  assert.equal(await last?.over, "status 0");
});
