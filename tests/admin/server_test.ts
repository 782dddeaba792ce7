import assert from "node:assert/strict";
import {
  type AdminServer,
  type AdminServerOptions,
  startAdminServer,
} from "../../lib/admin/server.ts";
import { OWN_ADDRESSES } from "../_support/ipv6.ts";
import { ListenError } from "../../lib/core/listen_error.ts";

function start(
  options: Partial<AdminServerOptions> = {},
): Promise<AdminServer> {
  return startAdminServer({
    port: 0,
    metrics: () =>
      Promise.resolve({
        contentType: "text/plain; version=0.0.4",
        body: "up 1\n",
      }),
    ready: () => Promise.resolve(),
    ...options,
  });
}

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly headers: Headers;
}

async function ask(
  { port }: AdminServer,
  path: string,
  init: RequestInit = {},
): Promise<Answer> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, init);
  const { status, headers } = response;
  return { status, headers, body: await response.text() };
}

Deno.test("/livez answers 200 whether or not AGS can be reached", async () => {
  await using server = await start({
    ready: () => Promise.reject(new Error("down")),
  });
  const { status, body } = await ask(server, "/livez");
  assert.deepEqual([status, body], [200, "ok\n"]);
});

Deno.test("/readyz answers 200 when AGS can be reached and 503 when it cannot", async () => {
  let isDown = true;
  await using server = await start({
    ready: () =>
      isDown
        ? Promise.reject(new Error("player@example.com"))
        : Promise.resolve(),
  });
  const down = await ask(server, "/readyz");
  assert.deepEqual([down.status, down.body], [
    503,
    "AGS login is not available\n",
  ]);
  isDown = false;
  const up = await ask(server, "/readyz");
  assert.deepEqual([up.status, up.body], [200, "ok\n"]);
});

Deno.test("/readyz gives the check a signal that ends", async () => {
  await using server = await start({
    ready: (signal) =>
      new Promise((_resolve, reject) =>
        signal.addEventListener("abort", () => reject(signal.reason))
      ),
  });
  assert.equal((await ask(server, "/readyz")).status, 503);
});

Deno.test("/metrics answers the metrics with their content type", async () => {
  await using server = await start();
  const { status, body, headers } = await ask(server, "/metrics");
  assert.deepEqual([status, body, headers.get("content-type")], [
    200,
    "up 1\n",
    "text/plain; version=0.0.4",
  ]);
});

Deno.test("what fails while answering is not told to whoever asked", async () => {
  await using server = await start({
    metrics: () => Promise.reject(new Error("player@example.com")),
  });
  const { status, body } = await ask(server, "/metrics");
  assert.deepEqual([status, body], [500, "Internal error\n"]);
});

Deno.test("HEAD answers as GET does, without the body", async () => {
  await using server = await start();
  for (const path of ["/livez", "/readyz", "/metrics"]) {
    const { status, body } = await ask(server, path, { method: "HEAD" });
    assert.deepEqual([status, body], [200, ""], path);
  }
});

Deno.test("other methods are answered 405, other paths 404", async () => {
  await using server = await start();
  for (const method of ["POST", "PUT", "DELETE", "OPTIONS"]) {
    const { status, headers } = await ask(server, "/metrics", { method });
    assert.deepEqual([status, headers.get("allow")], [405, "GET, HEAD"]);
  }
  for (const path of ["/", "/metrics/", "/livez/x", "//livez", "/%00"]) {
    assert.equal((await ask(server, path)).status, 404, path);
  }
});

Deno.test("a query is no part of the path", async () => {
  await using server = await start();
  assert.equal((await ask(server, "/livez?verbose=1")).status, 200);
});

Deno.test("startAdminServer() names METRICS_PORT when the port is taken", async () => {
  await using server = await start();
  await assert.rejects(start({ port: server.port }), (error) => {
    assert.ok(error instanceof ListenError);
    assert.equal(
      error.message,
      `Port ${server.port} cannot be opened: expected METRICS_PORT to name a free port`,
    );
    return true;
  });
});

Deno.test("startAdminServer() refuses a port that only another address family has taken", async () => {
  using taken = Deno.listen({ hostname: "0.0.0.0", port: 0 });
  const { port } = taken.addr as Deno.NetAddr;
  await assert.rejects(start({ port }), ListenError);
});

Deno.test("startAdminServer() answers IPv4 and IPv6 callers", async () => {
  await using server = await start();
  for (const address of OWN_ADDRESSES) {
    const host = address.includes(":") ? `[${address}]` : address;
    const response = await fetch(`http://${host}:${server.port}/livez`);
    assert.equal(await response.text(), "ok\n", host);
  }
});

Deno.test("disposing lets an answer under way finish", async () => {
  const asked = Promise.withResolvers<void>();
  const ready = Promise.withResolvers<void>();
  const server = await start({
    ready: () => {
      asked.resolve();
      return ready.promise;
    },
  });
  const answer = ask(server, "/readyz");
  await asked.promise;
  const disposed = server[Symbol.asyncDispose]();
  ready.resolve();
  assert.equal((await answer).status, 200);
  await disposed;
});

for (
  const { what, request } of [
    {
      what: "half a request",
      request:
        "POST /livez HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nabc",
    },
    {
      what: "requests whose answers it does not read",
      request: "GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n".repeat(300),
    },
  ]
) {
  Deno.test(`a client that sends ${what} does not keep the server from stopping`, async () => {
    const body = "x".repeat(100_000);
    const server = await start({
      metrics: () => Promise.resolve({ contentType: "text/plain", body }),
    });
    using socket = await Deno.connect({
      hostname: "127.0.0.1",
      port: server.port,
    });
    await socket.write(new TextEncoder().encode(request));
    // It is known to have the request once it answers another client.
    await ask(server, "/livez");
    await server[Symbol.asyncDispose]();
  });
}
