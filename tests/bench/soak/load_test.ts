import assert from "node:assert/strict";
import { BenchError } from "../../../bench/errors.ts";
import {
  decodeFrames,
  encodeFrame,
  encodeHeaders,
  FRAME,
} from "../../../bench/soak/frames.ts";
import { connectLoad, type LoadAnswer } from "../../../bench/soak/load.ts";
import { numbered } from "../../../bench/soak/numbered.ts";
import { soakEvents } from "../../../bench/soak/run.ts";
import { startService } from "../../../lib/service.ts";
import { on, TerminalError } from "../../../mod.ts";
import { testConfig } from "../../_support/config.ts";
import { recordLog } from "../../_support/log.ts";
import { eventBytes, LOGGED_IN, PATHS } from "../../conformance/_events.ts";
import { PROTO_FOLDER } from "../../grpc/_fixture.ts";

Deno.test("frames are read as they were written, in whatever pieces they come", () => {
  const frames = [
    { type: FRAME.ping, flags: 1, stream: 0, payload: new Uint8Array(8) },
    { type: FRAME.data, flags: 0, stream: 9, payload: new Uint8Array(70_000) },
  ];
  const bytes = new Uint8Array(
    frames.flatMap((each) => [...encodeFrame(each)]),
  );
  assert.deepEqual(decodeFrames(bytes).frames, frames);
  const cut = decodeFrames(bytes.subarray(0, 100));
  assert.deepEqual(cut.frames, frames.slice(0, 1));
  assert.equal(cut.rest.length, 100 - 17);
});

Deno.test("header fields stand as they are, long ones with a longer length", () => {
  assert.deepEqual(
    [...encodeHeaders([["a", "bc"]])],
    [0, 1, 97, 2, 98, 99],
  );
  const value = "x".repeat(300);
  // 300 - 127 = 173: 45 and the sign that more follows, then 1.
  assert.deepEqual(
    [...encodeHeaders([["a", value]])].slice(0, 6),
    [0, 1, 97, 127, 173, 1],
  );
});

Deno.test("numbered() writes each number's id into the same event", () => {
  const make = (id: string) => new TextEncoder().encode(`<${id}>`);
  const message = numbered(make);
  const text = (number: number) => new TextDecoder().decode(message(number));
  assert.equal(text(255), `<${"ff".padStart(32, "0")}>`);
  assert.equal(text(1), `<${"1".padStart(32, "0")}>`);
  assert.throws(() => numbered(() => new Uint8Array(40)), BenchError);
});

/** A service that counts ids, and refuses one of them. */
async function startCounting(refused?: string) {
  const ids = new Set<string>();
  const service = await startService({
    config: testConfig({}),
    handlers: [on(LOGGED_IN, ({ id }) => {
      if (id === refused) throw new TerminalError("Id is not wanted");
      ids.add(id);
    })],
    protoFolder: PROTO_FOLDER,
    log: recordLog(),
  });
  return { service, ids };
}

const process = {
  usage: () => Promise.resolve({ cpu: 0, memory: 1e6, peakMemory: 1e6 }),
};
const message = numbered((id) => eventBytes("test-namespace", { id }));
const { signal } = new AbortController();

Deno.test("a soak sends every event once, all of them different, and samples meanwhile", async () => {
  const { service, ids } = await startCounting();
  await using _service = service;
  const run = await soakEvents({
    process,
    port: service.portOf("grpc"),
    path: PATHS[LOGGED_IN],
    message,
    events: 500,
    rate: 1_000,
    seconds: 60,
    interval: 0.1,
    signal,
  });
  assert.equal(run.answered, 500);
  assert.equal(ids.size, 500);
  assert.ok(run.samples.length >= 2);
  const [first] = run.samples;
  assert.ok(first !== undefined && first.p99 > 0 && first.events > 0);
});

Deno.test("a soak fails when an event is refused", async () => {
  const { service } = await startCounting("5".padStart(32, "0"));
  await using _service = service;
  const run = soakEvents({
    process,
    port: service.portOf("grpc"),
    path: PATHS[LOGGED_IN],
    message,
    events: 50,
    rate: 1_000,
    seconds: 60,
    interval: 10,
    signal,
  });
  await assert.rejects(run, BenchError);
});

Deno.test("a connection under load tells OK from a refusal", async () => {
  const { service } = await startCounting("7".padStart(32, "0"));
  await using _service = service;
  const { promise, resolve } = Promise.withResolvers<LoadAnswer>();
  using connection = await connectLoad({
    port: service.portOf("grpc"),
    path: PATHS[LOGGED_IN],
    onAnswer: resolve,
  });
  connection.send(message(7));
  assert.equal((await promise).isOk, false);
  assert.equal(connection.inFlight, 0);
});
