import assert from "node:assert/strict";
import * as grpc from "@grpc/grpc-js";
import type { EventTarget } from "../../lib/core/app.ts";
import { UnreadableError } from "../../lib/core/errors.ts";
import {
  HANDLED,
  OVERLOADED,
  type Result,
  resultOf,
} from "../../lib/core/outcome.ts";
import type {
  CallObserver,
  ObservedMethod,
} from "../../lib/grpc/call_observer.ts";
import { readCatalog } from "../../lib/events/catalog.ts";
import { type GrpcServer, startGrpcServer } from "../../lib/grpc/server.ts";
import { CANCEL, connectHttp2, resetStream } from "../conformance/_http2.ts";
import { checkHealth, reflect, watchHealth } from "./_clients.ts";
import { PROTO_FOLDER } from "./_fixture.ts";
import { call, type Channel, connect } from "./_grpc.ts";
import { until } from "../ags/_client.ts";

const TYPE = "userAuthentication.userLoggedIn";
const SERVICE =
  "accelbyte.iam.account.v1.UserAuthenticationUserLoggedInService";
const PATH = `/${SERVICE}/OnMessage`;

/** What was told of one method. */
interface Told {
  readonly type: ObservedMethod["type"];
  started: number;
  received: number;
  sent: number;
  readonly codes: string[];
  readonly seconds: number[];
}

/** A server that tells of its calls, and a caller. */
interface World extends AsyncDisposable {
  readonly server: GrpcServer;
  readonly channel: Channel;
  /** By path. */
  readonly told: ReadonlyMap<string, Told>;
  /** What was told of the event's method. */
  readonly event: Told;
}

async function start(
  dispatch: (signal: AbortSignal) => Promise<Result> | Result = () => HANDLED,
): Promise<World> {
  const told = new Map<string, Told>();
  const observer: CallObserver = {
    methodOf({ type, service, method }) {
      const path = `/${service}/${method}`;
      assert.ok(!told.has(path), `${path} is named twice`);
      const each: Told = {
        type,
        started: 0,
        received: 0,
        sent: 0,
        codes: [],
        seconds: [],
      };
      told.set(path, each);
      return {
        started: () => void each.started++,
        received: () => void each.received++,
        sent: () => void each.sent++,
        ended(code, seconds) {
          each.codes.push(grpc.status[code] ?? `${code}`);
          each.seconds.push(seconds);
        },
      };
    },
  };
  const app: EventTarget = {
    types: [TYPE],
    dispatch: (_event, { malformed, controller: { signal } }) =>
      Promise.resolve(
        malformed instanceof UnreadableError
          ? resultOf(malformed, signal)
          : dispatch(signal),
      ),
  };
  const server = await startGrpcServer({
    app,
    catalog: readCatalog(PROTO_FOLDER),
    port: 0,
    maxMessageBytes: 1_024,
    observer,
  });
  const channel = connect(server.port);
  const event = told.get(PATH);
  assert.ok(event !== undefined);
  return {
    server,
    channel,
    told,
    event,
    async [Symbol.asyncDispose]() {
      await channel[Symbol.asyncDispose]();
      server[Symbol.dispose]();
    },
  };
}

function counts({ started, received, sent, codes }: Told) {
  return { started, received, sent, codes };
}

Deno.test("A server names every method that it serves, and the unknown one, before any call", async () => {
  await using world = await start();
  const types = [...world.told].map(([path, { type }]) => [path, type]).sort();
  assert.deepEqual(types, [
    [PATH, "unary"],
    ["/grpc.health.v1.Health/Check", "unary"],
    ["/grpc.health.v1.Health/Watch", "server_stream"],
    [
      "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
      "bidi_stream",
    ],
    [
      "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
      "bidi_stream",
    ],
    ["/unknown/unknown", "unknown"],
  ]);
});

Deno.test("A call that is handled is told of, and how long it took", async () => {
  await using world = await start();
  await call(world.channel.client, PATH);
  assert.deepEqual(counts(world.event), {
    started: 1,
    received: 1,
    sent: 1,
    codes: ["OK"],
  });
  const [seconds = NaN] = world.event.seconds;
  assert.ok(seconds > 0 && seconds < 10, `${seconds} s`);
});

Deno.test("A call that the service refuses is told of with its code", async () => {
  await using world = await start(() => OVERLOADED);
  await call(world.channel.client, PATH);
  assert.deepEqual(counts(world.event), {
    started: 1,
    received: 1,
    sent: 0,
    codes: ["RESOURCE_EXHAUSTED"],
  });
});

Deno.test("A call whose message is too large is told of like any other", async () => {
  await using world = await start();
  const { status } = await call(
    world.channel.client,
    PATH,
    new Uint8Array(2_000),
  );
  assert.equal(status, "RESOURCE_EXHAUSTED");
  assert.deepEqual(counts(world.event), {
    started: 1,
    received: 1,
    sent: 0,
    codes: ["RESOURCE_EXHAUSTED"],
  });
});

Deno.test("A broken call is told of with the code that the caller gets", async () => {
  await using world = await start();
  using connection = await connectHttp2(world.server.port);
  await connection.ended(await connection.call(PATH, new Uint8Array()));
  assert.deepEqual(world.event.codes, ["INTERNAL"], "grpc-js: UNIMPLEMENTED");
});

Deno.test("A call that its caller cancels is told of once", async () => {
  const started = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  await using world = await start(async (signal) => {
    signal.addEventListener("abort", () => ended.resolve());
    started.resolve();
    await ended.promise;
    return { outcome: "cancelled", reason: "cancelled" };
  });
  const answer = call(world.channel.client, PATH, undefined, {
    onCall: (under) => started.promise.then(() => under.cancel()),
  });
  assert.equal((await answer).status, "CANCELLED");
  await ended.promise;
  await until(() => world.event.codes.length > 0);
  // What comes after it on the same connection: nothing else is told.
  await checkHealth(world.channel.client);
  assert.deepEqual(counts(world.event), {
    started: 1,
    received: 1,
    sent: 0,
    codes: ["CANCELLED"],
  });
});

Deno.test("A call that is reset before its message came is told of once", async () => {
  await using world = await start();
  using connection = await connectHttp2(world.server.port);
  const stream = await connection.call(PATH);
  await until(() => world.event.started === 1);
  await connection.send(resetStream(stream, CANCEL));
  await until(() => world.event.codes.length > 0);
  assert.deepEqual(world.event.codes, ["CANCELLED"]);
  assert.equal(world.event.received, 0);
});

Deno.test("A call whose deadline passes before its message came is told of with DEADLINE_EXCEEDED", async () => {
  await using world = await start();
  using connection = await connectHttp2(world.server.port);
  // No client beside it that would cancel the call at the same time.
  const stream = await connection.call(PATH, undefined, {
    headers: { "grpc-timeout": "20m" },
  });
  await connection.ended(stream);
  assert.deepEqual(world.event.codes, ["DEADLINE_EXCEEDED"]);
});

Deno.test("Calls under way when the server is closed at once are told of as cancelled", async () => {
  const started = Promise.withResolvers<void>();
  await using world = await start((signal) => {
    started.resolve();
    return new Promise((resolve) =>
      signal.addEventListener(
        "abort",
        () => resolve({ outcome: "cancelled", reason: "cancelled" }),
      )
    );
  });
  const answer = call(world.channel.client, PATH);
  await started.promise;
  world.server[Symbol.dispose]();
  await answer;
  await until(() => world.event.codes.length > 0);
  assert.deepEqual(world.event.codes, ["CANCELLED"]);
});

Deno.test("Calls of a thousand methods that are not served are one method's", async () => {
  await using world = await start();
  const before = world.told.size;
  const paths = Array.from(
    { length: 1_000 },
    (_, index) => `/made.up.v${index}.Service/Method${index}`,
  );
  const answers = await Promise.all(
    paths.map((path) => call(world.channel.client, path)),
  );
  assert.ok(answers.every(({ status }) => status === "UNIMPLEMENTED"));
  assert.equal(world.told.size, before);
  const unknown = world.told.get("/unknown/unknown");
  assert.equal(unknown?.started, 1_000);
  assert.equal(unknown?.codes.length, 1_000);
  assert.deepEqual([...new Set(unknown?.codes)], ["UNIMPLEMENTED"]);
  assert.equal(world.event.started, 0);
});

Deno.test("Health and reflection calls are told of, message by message", async () => {
  await using world = await start();
  const { client } = world.channel;
  await checkHealth(client);
  await checkHealth(client, "none");
  const check = world.told.get("/grpc.health.v1.Health/Check");
  assert.deepEqual(check && counts(check), {
    started: 2,
    received: 2,
    sent: 1,
    codes: ["OK", "NOT_FOUND"],
  });

  const watch = watchHealth(client);
  await watch.next();
  const watched = world.told.get("/grpc.health.v1.Health/Watch");
  assert.deepEqual(watched?.codes, [], "it lasts");
  world.server.stopServing();
  await watch.next();
  watch.cancel();
  await until(() => watched?.codes.length === 1);
  assert.deepEqual(watched && counts(watched), {
    started: 1,
    received: 1,
    sent: 2,
    codes: ["CANCELLED"],
  });

  const conversation = reflect(client, "v1");
  for (let time = 0; time < 3; time++) {
    await conversation.ask({ list_services: "" });
  }
  conversation.end();
  await conversation.ended;
  const path = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
  const reflected = world.told.get(path);
  assert.deepEqual(reflected && counts(reflected), {
    started: 1,
    received: 3,
    sent: 3,
    codes: ["OK"],
  });
});
