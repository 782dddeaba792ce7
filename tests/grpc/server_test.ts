import assert from "node:assert/strict";
import type { EventTarget } from "../../lib/core/app.ts";
import { UnreadableError } from "../../lib/core/errors.ts";
import { HANDLED, type Result, resultOf } from "../../lib/core/outcome.ts";
import { readCatalog } from "../../lib/events/catalog.ts";
import {
  type GrpcServer,
  type GrpcServerOptions,
  startGrpcServer,
} from "../../lib/grpc/server.ts";
import { ListenError } from "../../lib/core/listen_error.ts";
import { PROTO_FOLDER } from "./_fixture.ts";
import { OWN_ADDRESSES } from "../_support/ipv6.ts";
import { call, connect } from "./_grpc.ts";

const TYPE = "userAuthentication.userLoggedIn";
const SERVICE =
  "accelbyte.iam.account.v1.UserAuthenticationUserLoggedInService";
const PATH = `/${SERVICE}/OnMessage`;

function appOf(dispatch: () => Promise<Result> | Result): EventTarget {
  return {
    types: [TYPE],
    dispatch: (_event, { malformed, controller }) =>
      Promise.resolve(
        malformed instanceof UnreadableError
          ? resultOf(malformed, controller.signal)
          : dispatch(),
      ),
  };
}

function start(
  options: Partial<GrpcServerOptions> = {},
): Promise<GrpcServer> {
  return startGrpcServer({
    app: appOf(() => HANDLED),
    catalog: readCatalog(PROTO_FOLDER),
    port: 0,
    ...options,
  });
}

Deno.test("startGrpcServer() serves the app's events and health on a free port", async () => {
  using server = await start();
  assert.ok(server.port > 0);
  assert.deepEqual(server.services, [SERVICE]);
  await using channel = connect(server.port);
  assert.equal((await call(channel.client, PATH)).status, "OK");
  const health = await call(channel.client, "/grpc.health.v1.Health/Check");
  assert.deepEqual([...health.bytes!], [8, 1], "SERVING");
});

Deno.test("startGrpcServer() answers IPv4 and IPv6 callers", async () => {
  using server = await start();
  for (const hostname of OWN_ADDRESSES) {
    using connection = await Deno.connect({ hostname, port: server.port });
    assert.equal(connection.remoteAddr.transport, "tcp");
  }
});

Deno.test("startGrpcServer() answers UNIMPLEMENTED for events without a handler", async () => {
  using server = await start();
  await using channel = connect(server.port);
  const path = PATH.replace("LoggedIn", "LoggedOut");
  assert.equal((await call(channel.client, path)).status, "UNIMPLEMENTED");
});

Deno.test("startGrpcServer() names GRPC_PORT when the port is taken", async () => {
  using server = await start();
  await assert.rejects(start({ port: server.port }), (error) => {
    assert.ok(error instanceof ListenError);
    assert.equal(
      error.message,
      `Port ${server.port} cannot be opened: expected GRPC_PORT to name a free port`,
    );
    return true;
  });
});

Deno.test("startGrpcServer() refuses a port that only another address family has taken", async () => {
  using taken = Deno.listen({ hostname: "0.0.0.0", port: 0 });
  const { port } = taken.addr as Deno.NetAddr;
  await assert.rejects(start({ port }), ListenError);
});

Deno.test("startGrpcServer() refuses messages above the limit and takes those at it", async () => {
  using server = await start({ maxMessageBytes: 2_048 });
  await using channel = connect(server.port);
  const send = (length: number) =>
    call(channel.client, PATH, new Uint8Array(length));
  assert.equal((await send(2_049)).status, "RESOURCE_EXHAUSTED");
  assert.equal((await send(2_048)).status, "OK");
});

Deno.test("close() resolves when the calls under way are answered", async () => {
  const started = Promise.withResolvers<void>();
  const result = Promise.withResolvers<Result>();
  using server = await start({
    app: appOf(() => {
      started.resolve();
      return result.promise;
    }),
  });
  await using channel = connect(server.port);
  const answer = call(channel.client, PATH);
  await started.promise;
  const order: string[] = [];
  const closed = server.close(new AbortController().signal)
    .then(() => order.push("closed"));
  const answered = answer.then(({ status }) => order.push(status));
  // Nobody new comes in meanwhile.
  await assert.rejects(
    Deno.connect({ port: server.port }),
    Deno.errors.ConnectionRefused,
  );
  assert.deepEqual(order, []);
  result.resolve(HANDLED);
  await Promise.all([closed, answered]);
  assert.deepEqual(order.toSorted(), ["OK", "closed"]);
});

Deno.test("close() does not wait longer than its signal", async () => {
  const started = Promise.withResolvers<void>();
  const result = Promise.withResolvers<Result>();
  using server = await start({
    app: appOf(() => {
      started.resolve();
      return result.promise;
    }),
  });
  await using channel = connect(server.port);
  const answer = call(channel.client, PATH);
  await started.promise;
  await server.close(AbortSignal.abort());
  server[Symbol.dispose]();
  // Either one has the connector come again.
  assert.match((await answer).status, /^(INTERNAL|UNAVAILABLE)$/);
  result.resolve(HANDLED);
});

Deno.test("disposing ends the connections, calls under way or not", async () => {
  const started = Promise.withResolvers<void>();
  const result = Promise.withResolvers<Result>();
  const server = await start({
    app: appOf(() => {
      started.resolve();
      return result.promise;
    }),
  });
  await using channel = connect(server.port);
  const answer = call(channel.client, PATH);
  await started.promise;
  server[Symbol.dispose]();
  // Either one has the connector come again.
  assert.match((await answer).status, /^(INTERNAL|UNAVAILABLE)$/);
  result.resolve(HANDLED);
});

Deno.test("stopServing() says so while connections last", async () => {
  using server = await start();
  await using channel = connect(server.port);
  const status = async () => {
    const { bytes } = await call(
      channel.client,
      "/grpc.health.v1.Health/Check",
    );
    return bytes?.[1];
  };
  assert.equal(await status(), 1, "SERVING");
  server.stopServing();
  assert.equal(await status(), 2, "NOT_SERVING");
});
