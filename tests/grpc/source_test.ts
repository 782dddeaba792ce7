import { Buffer } from "node:buffer";
import assert from "node:assert/strict";
import { Metadata } from "@grpc/grpc-js";
import type { DispatchOptions, EventTarget } from "../../lib/core/app.ts";
import {
  CancelledError,
  DeadlineError,
  TerminalError,
} from "../../lib/core/errors.ts";
import type { Event } from "../../lib/core/event.ts";
import { bytesId, contentId } from "../../lib/core/event_id.ts";
import { createMemoryBudget } from "../../lib/core/memory_budget.ts";
import {
  HANDLED,
  OVERLOADED,
  type Result,
  resultOf,
} from "../../lib/core/outcome.ts";
import { decoderOf } from "../../lib/events/message_codec.ts";
import { messageCostOf } from "../../lib/events/message_cost.ts";
import { readProtoFiles } from "../../lib/events/proto_files.ts";
import { addEvents, type AddEventsOptions } from "../../lib/grpc/source.ts";
import { makeFolder } from "./_fixture.ts";
import { call, type Channel, serve } from "./_grpc.ts";
import * as wire from "./_wire.ts";
import { PATIENCE } from "../_support/patience.ts";

const TYPE = "shop.placed";
const PATH = "/shop.v1.PlacedService/OnMessage";

/** The envelope fields that AGS's messages share, as far as they have them. */
const PROTO = `syntax = "proto3"; package shop.v1;
  message Placed {
    string id = 1;
    string namespace = 2;
    string user_id = 3;
    string timestamp = 4;
    int64 price = 5;
  }`;

interface Dispatched {
  readonly event: Event;
  readonly options: DispatchOptions;
}

type Dispatch = (dispatched: Dispatched) => Promise<Result> | Result;

/** A server of one event, whose app is the test. */
async function servePlaced(
  dispatch: Dispatch,
  options: Partial<Pick<AddEventsOptions, "onReject" | "memory">> = {},
): Promise<Channel> {
  using folder = makeFolder({ "placed.proto": PROTO });
  const { root } = readProtoFiles(folder.path, ["placed.proto"]);
  const app: EventTarget = {
    types: [TYPE],
    dispatch: (event, options) => Promise.resolve(dispatch({ event, options })),
  };
  const events = [{
    type: TYPE,
    service: "shop.v1.PlacedService",
    method: "OnMessage",
    path: PATH,
    package: "shop.v1",
    message: root.lookupType("shop.v1.Placed"),
    decode: decoderOf(root.lookupType("shop.v1.Placed")),
    costOf: messageCostOf(root.lookupType("shop.v1.Placed")),
  }];
  return await serve((server) =>
    addEvents(server, { app, events, onReject: "reject", ...options })
  );
}

/** What the app gets of one call with these bytes. */
async function dispatchedBy(bytes: Uint8Array): Promise<Dispatched> {
  let seen: Dispatched | undefined;
  await using channel = await servePlaced((dispatched) => {
    seen = dispatched;
    return HANDLED;
  });
  const { status, bytes: answer } = await call(channel.client, PATH, bytes);
  assert.equal(status, "OK");
  assert.equal(answer?.length, 0);
  assert.ok(seen);
  return seen;
}

const texts = (...fields: readonly (readonly [number, string])[]) =>
  wire.concat(
    ...fields.map(([field, text]) => wire.record(field, 2, wire.text(text))),
  );

Deno.test("the source makes an event of the envelope, and answers google.protobuf.Empty", async () => {
  const { event, options } = await dispatchedBy(
    texts([1, "e-1"], [2, "game"], [3, "u-1"], [4, "2026-01-02T03:04:05Z"]),
  );
  assert.deepEqual(event, {
    id: "e-1",
    type: TYPE,
    source: "shop.v1",
    subject: "u-1",
    time: "2026-01-02T03:04:05Z",
    namespace: "game",
    data: {
      id: "e-1",
      namespace: "game",
      userId: "u-1",
      timestamp: "2026-01-02T03:04:05Z",
      price: "0",
    },
  });
  assert.equal(options.source, "grpc");
  assert.equal(options.malformed, undefined);
});

Deno.test("the source leaves out attributes that the envelope has empty", async () => {
  const { event } = await dispatchedBy(texts([1, "e-1"]));
  assert.deepEqual(Object.keys(event).sort(), ["data", "id", "source", "type"]);
});

Deno.test("the source gives an event without an id the same id each time it comes", async () => {
  const bytes = wire.concat(
    texts([2, "game"]),
    wire.record(5, 0, wire.varint(12)),
  );
  const { event } = await dispatchedBy(bytes);
  assert.equal(event.id, contentId(TYPE, event.data));
  assert.equal((await dispatchedBy(bytes)).event.id, event.id);
  const { event: other } = await dispatchedBy(texts([2, "game"]));
  assert.notEqual(other.id, event.id);
});

Deno.test("the source hands on what does not decode, with the reason and an id of its bytes", async () => {
  const bytes = new Uint8Array([0x0a, 0xff, 0x01]);
  const { event, options } = await dispatchedBy(bytes);
  assert.deepEqual(event, {
    type: TYPE,
    source: "shop.v1",
    id: bytesId(bytes),
    data: undefined,
  });
  assert.ok(options.malformed instanceof TerminalError);
  assert.equal(
    options.malformed.message,
    "Event does not decode as the message of shop.v1.PlacedService",
  );
  assert.ok(options.malformed.cause instanceof Error);
});

Deno.test("the source answers rejects as ON_REJECT says", async () => {
  const rejected = ({ options }: Dispatched) =>
    resultOf(new TerminalError("secret details"), options.controller.signal);
  await using rejecting = await servePlaced(rejected);
  const { status, details } = await call(rejecting.client, PATH);
  assert.equal(status, "INVALID_ARGUMENT");
  assert.doesNotMatch(details, /secret/);
  await using acknowledging = await servePlaced(rejected, {
    onReject: "ack",
  });
  assert.equal((await call(acknowledging.client, PATH)).status, "OK");
});

Deno.test("the source sends the error's id and the pushback as trailers", async () => {
  await using channel = await servePlaced(() => ({
    outcome: "failed",
    reason: "bug",
    errorId: "id-1",
  }));
  const { status, metadata } = await call(channel.client, PATH);
  assert.equal(status, "INTERNAL");
  assert.equal(metadata["error-id"], "id-1");
});

/** Waits until the event's signal has ended, and says why. */
function reasonOf({ options }: Dispatched): Promise<unknown> {
  const { signal } = options.controller;
  return new Promise((resolve) =>
    signal.addEventListener("abort", () => resolve(signal.reason))
  );
}

Deno.test("the source ends the event when its caller cancels", async () => {
  const reason = Promise.withResolvers<unknown>();
  await using channel = await servePlaced(async (dispatched) => {
    cancel();
    reason.resolve(await reasonOf(dispatched));
    return resultOf(new Error("ended"), dispatched.options.controller.signal);
  });
  let cancel = () => {};
  const { status } = await call(channel.client, PATH, new Uint8Array(), {
    onCall: (under) => cancel = () => under.cancel(),
  });
  assert.equal(status, "CANCELLED");
  assert.ok(await reason.promise instanceof CancelledError);
});

Deno.test("the source ends the event when its caller's deadline passes", async () => {
  const reason = Promise.withResolvers<unknown>();
  const deadline = Promise.withResolvers<number | undefined>();
  await using channel = await servePlaced(async (dispatched) => {
    deadline.resolve(dispatched.options.deadline);
    reason.resolve(await reasonOf(dispatched));
    return HANDLED;
  });
  const start = Date.now();
  const { status } = await call(channel.client, PATH, new Uint8Array(), {
    timeout: 300,
  });
  assert.equal(status, "DEADLINE_EXCEEDED");
  assert.ok(await reason.promise instanceof DeadlineError);
  const left = (await deadline.promise ?? NaN) - start;
  assert.ok(left > 0 && left < 1_000, `${left} ms`);
});

Deno.test("the source does not end an event that has been answered", async () => {
  let signal: AbortSignal | undefined;
  await using channel = await servePlaced(({ options }) => {
    signal = options.controller.signal;
    return HANDLED;
  });
  await call(channel.client, PATH);
  // A second call on the same connection comes after whatever ends the first one.
  const first = signal;
  await call(channel.client, PATH);
  assert.equal(first?.aborted, false);
});

Deno.test("the source takes a call that says so for an operator's replay", async () => {
  const seen: (boolean | undefined)[] = [];
  await using channel = await servePlaced(({ options }) => {
    seen.push(options.isReplay);
    return HANDLED;
  });
  const replay = new Metadata();
  replay.set("event-replay", "1");
  for (const metadata of [new Metadata(), replay]) {
    await new Promise<void>((resolve, reject) => {
      channel.client.makeUnaryRequest(
        PATH,
        (bytes: Buffer) => bytes,
        (bytes: Buffer) => bytes,
        Buffer.from(texts([1, "e-1"])),
        metadata,
        { deadline: Date.now() + PATIENCE },
        (error) => error === null ? resolve() : reject(error),
      );
    });
  }
  assert.deepEqual(seen, [false, true]);
});

/** What a message of two texts takes, rather more. */
const SHARE = 1_000;

Deno.test("a call takes a share of the memory for events until it is answered", async () => {
  const memory = createMemoryBudget(SHARE);
  let used = 0;
  await using channel = await servePlaced(({ options }) => {
    used = memory.used;
    assert.equal(options.share?.bytes, used);
    return HANDLED;
  }, { memory });
  for (let calls = 0; calls < 3; calls++) {
    const bytes = texts([1, "e-1"], [2, "game"]);
    assert.equal((await call(channel.client, PATH, bytes)).status, "OK");
    assert.ok(used > bytes.length);
    assert.equal(memory.used, 0);
  }
});

Deno.test("a call for which there is no memory is not decoded, and is overloaded", async () => {
  const memory = createMemoryBudget(SHARE);
  using others = memory.tryTake(SHARE);
  assert.ok(others);
  let seen: Dispatched | undefined;
  await using channel = await servePlaced((dispatched) => {
    seen = dispatched;
    return OVERLOADED;
  }, { memory });
  const bytes = texts([1, "e-1"]);
  const { status } = await call(channel.client, PATH, bytes);
  assert.equal(status, "RESOURCE_EXHAUSTED");
  assert.deepEqual(seen?.event, {
    type: TYPE,
    source: "shop.v1",
    id: bytesId(bytes),
    data: undefined,
  });
  assert.equal(seen.options.isOverloaded, true);
  assert.equal(seen.options.malformed, undefined);
  assert.equal(memory.used, SHARE);
});

Deno.test("a call that alone takes more than all memory for events is malformed, and keeps its bytes", async () => {
  const memory = createMemoryBudget(SHARE);
  let seen: Dispatched | undefined;
  await using channel = await servePlaced((dispatched) => {
    seen = dispatched;
    return resultOf(
      dispatched.options.malformed,
      new AbortController().signal,
    );
  }, { memory });
  const bytes = texts([1, "x".repeat(SHARE)]);
  const { status } = await call(channel.client, PATH, bytes);
  assert.equal(status, "INVALID_ARGUMENT");
  assert.match(
    String(seen?.options.malformed),
    /Event would take \d+ bytes of memory: expected at most 1000, EVENT_MEMORY_BYTES/,
  );
  assert.deepEqual(new Uint8Array(seen?.options.bytes ?? []), bytes);
  assert.equal(memory.used, 0);
});
