import assert from "node:assert/strict";
import { HttpProblem, type HttpRequest } from "../../lib/core/http.ts";
import { ListenError } from "../../lib/core/listen_error.ts";
import type { EndedRequest } from "../../lib/http/metrics.ts";
import { openHttpListener } from "../../lib/http/listener.ts";
import { recordLog } from "../_support/log.ts";
import { OWN_ADDRESSES } from "../_support/ipv6.ts";
import { exchange, httpConfig, readAll, startListener } from "./_listener.ts";

const ok = () => Promise.resolve({ status: 204 });

/** Says what it gets. */
const echo = {
  method: "POST",
  path: "/echo",
  async handle(request: HttpRequest) {
    return {
      status: 200,
      headers: [["content-type", "application/octet-stream"]] as const,
      body: await request.body(),
    };
  },
};

/** A problem, as a peer sees it. */
async function problem(response: Response) {
  assert.equal(
    response.headers.get("content-type"),
    "application/problem+json",
  );
  return await response.json() as Record<string, unknown>;
}

Deno.test("a route gets path, query, parameters, headers and body, and its answer goes out as it is", async () => {
  let seen: HttpRequest | undefined;
  await using server = await startListener({
    config: { basePath: "/app" },
    routes: [{
      method: "PUT",
      path: "/v1/{game}/events/{name}",
      async handle(request) {
        seen = request;
        return {
          status: 201,
          headers: [["x-one", "1"], ["x-two", "2"]],
          body: await request.body(),
        };
      },
    }],
  });
  const response = await fetch(
    `${server.url}/app/v1/chess/events/a%20b?x=1&y`,
    { method: "PUT", body: "héllo", headers: { "x-mine": "yes" } },
  );
  assert.equal(response.status, 201);
  assert.equal(response.headers.get("x-one"), "1");
  assert.equal(response.headers.get("x-two"), "2");
  assert.equal(await response.text(), "héllo");
  assert.ok(seen !== undefined);
  assert.equal(seen.method, "PUT");
  assert.equal(seen.path, "/v1/chess/events/a%20b");
  assert.equal(seen.search, "x=1&y");
  assert.deepEqual({ ...seen.params }, { game: "chess", name: "a b" });
  assert.equal(seen.headers.get("x-mine"), "yes");
  assert.equal(seen.peer, "127.0.0.1");
});

Deno.test("a header that is there twice is there twice, and bytes of UTF-8 come one a character", async () => {
  let headers: Headers | undefined;
  await using server = await startListener({
    routes: [{
      method: "GET",
      path: "/",
      handle(request) {
        headers = request.headers;
        return ok();
      },
    }],
  });
  const { port } = server.listener;
  await exchange(
    port,
    "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\na: 1\r\nA: 2\r\nname: 客\r\n\r\n",
  );
  assert.equal(headers?.get("a"), "1, 2");
  assert.equal(headers?.get("name"), "\u00e5\u00ae\u00a2");
});

Deno.test("what no route takes is answered 404, another method 405 with those there are", async () => {
  await using server = await startListener({
    config: { basePath: "/app" },
    routes: [{ method: "GET", path: "/a", handle: ok }, {
      method: "POST",
      path: "/a",
      handle: ok,
    }],
  });
  for (
    const path of ["/", "/a", "/app", "/app/", "/app/a/", "/app/b", "/appa"]
  ) {
    const response = await fetch(`${server.url}${path}`);
    assert.equal(response.status, 404, path);
    assert.deepEqual(await problem(response), {
      type: "about:blank",
      title: "Not found",
      status: 404,
    });
  }
  const response = await fetch(`${server.url}/app/a`, { method: "DELETE" });
  assert.equal(response.status, 405);
  assert.equal(response.headers.get("allow"), "GET, POST");
  await response.body?.cancel();
});

Deno.test("a path that cannot be decoded is answered 400, and a target that is no path", async () => {
  await using server = await startListener({
    routes: [{ method: "GET", path: "/{name}", handle: ok }],
  });
  for (const target of ["/%ff", "/%", "http://x/a", "*"]) {
    const text = await exchange(
      server.listener.port,
      `GET ${target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`,
    );
    assert.match(text, /^HTTP\/1\.1 400 /, target);
  }
});

Deno.test("what a route throws is logged and not told; a problem is told by its status", async () => {
  await using server = await startListener({
    routes: [{
      method: "GET",
      path: "/bug",
      handle: () => Promise.reject(new Error("secret detail")),
    }, {
      method: "GET",
      path: "/problem",
      handle: () =>
        Promise.reject(
          new HttpProblem(429, "secret detail", {
            headers: { "retry-after": "7" },
          }),
        ),
    }],
  });
  const bug = await fetch(`${server.url}/bug`);
  assert.equal(bug.status, 500);
  assert.deepEqual(await problem(bug), {
    type: "about:blank",
    title: "Internal error",
    status: 500,
  });
  const [line] = server.log.lines.filter(({ level }) => level === "error");
  assert.equal(line?.message, "HTTP route failed");
  assert.match(String(line?.fields.error), /secret detail/);
  const response = await fetch(`${server.url}/problem`);
  assert.equal(response.status, 429);
  assert.equal(response.headers.get("retry-after"), "7");
  assert.ok(!(await response.text()).includes("secret"));
});

Deno.test("a body that is too large is answered 413 before it has come, and the connection ends", async () => {
  await using server = await startListener({
    config: { httpMaxBodyBytes: 1_024 },
    routes: [echo],
  });
  const head = "POST /echo HTTP/1.1\r\nhost: x\r\n";
  for (
    const rest of [
      // What is said to come never does.
      ["content-length: 104857600\r\n\r\n", "abc"],
      ["transfer-encoding: chunked\r\n\r\n", "800\r\n", "x".repeat(2_048)],
    ]
  ) {
    const text = await exchange(server.listener.port, head, ...rest);
    assert.match(text, /^HTTP\/1\.1 413 /);
    assert.match(text, /\r\nconnection: close\r\n/i);
  }
  const fits = await fetch(`${server.url}/echo`, {
    method: "POST",
    body: "x".repeat(1_024),
  });
  assert.equal((await fits.text()).length, 1_024);
});

Deno.test("a body of a hundred megabytes that nobody wants is answered, and not kept", async () => {
  await using server = await startListener({ routes: [echo] });
  const piece = new Uint8Array(1_048_576);
  const text = await exchange(
    server.listener.port,
    `POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: ${
      100 * piece.length
    }\r\n\r\n`,
    ...Array.from({ length: 100 }, () => piece),
  );
  assert.match(text, /^HTTP\/1\.1 413 /);
});

Deno.test("a body that does not come is answered 408, headers that do not come, too", async () => {
  await using server = await startListener({
    config: { httpBodyTimeout: 50, httpHeaderTimeout: 50 },
    routes: [echo],
  });
  for (
    const sent of [
      "POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nabc",
      "POST /echo HTTP/1.1\r\nhost: x\r\n",
      "",
    ]
  ) {
    const text = await exchange(server.listener.port, sent);
    assert.match(text, /^HTTP\/1\.1 408 /, JSON.stringify(sent));
    assert.match(text, /"status":408/);
  }
});

Deno.test("headers that are too large are answered 431, what is no HTTP 400", async () => {
  await using server = await startListener({
    config: { httpMaxHeaderBytes: 4_096 },
    routes: [echo],
  });
  const cases: readonly (readonly [number, string])[] = [
    [431, `GET / HTTP/1.1\r\nhost: x\r\na: ${"a".repeat(5_000)}\r\n\r\n`],
    [
      431,
      `GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n${
        "a: b\r\n".repeat(257)
      }\r\n`,
    ],
    [400, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"],
    [400, "GET / HTTP/1.1\r\n\r\n"],
    [
      400,
      "POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab",
    ],
    [
      400,
      "POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
  ];
  for (const [status, sent] of cases) {
    const text = await exchange(server.listener.port, sent);
    assert.match(text, new RegExp(`^HTTP/1.1 ${status} `), sent.slice(0, 80));
  }
});

Deno.test("bodies of all requests share one bound, which answered requests give back", async () => {
  const gate = Promise.withResolvers<void>();
  const read = Promise.withResolvers<void>();
  await using server = await startListener({
    config: { httpBufferBytes: 1_048_576 },
    routes: [{
      method: "POST",
      path: "/hold",
      async handle(request) {
        await request.body();
        read.resolve();
        await gate.promise;
        return { status: 204 };
      },
    }, echo],
  });
  const body = new Uint8Array(700_000);
  const held = fetch(`${server.url}/hold`, { method: "POST", body });
  await read.promise;
  const refused = await fetch(`${server.url}/echo`, { method: "POST", body });
  assert.equal(refused.status, 503);
  assert.equal(refused.headers.get("retry-after"), "1");
  await refused.body?.cancel();
  gate.resolve();
  assert.equal((await held).status, 204);
  // Given back once it is known to be sent.
  for (;;) {
    const small = new Uint8Array(300_000);
    const again = await fetch(`${server.url}/echo`, {
      method: "POST",
      body: small,
    });
    await again.body?.cancel();
    if (again.status === 200) break;
    assert.equal(again.status, 503);
  }
});

Deno.test("more connections than there may be are closed at once, and counted", async () => {
  let refused = 0;
  await using server = await startListener({
    config: { httpMaxConnections: 2 },
    routes: [{ method: "GET", path: "/", handle: ok }],
    metrics: {
      ended() {},
      refusedConnection: () => void refused++,
      watch() {},
    },
  });
  const { port } = server.listener;
  const connect = () => Deno.connect({ hostname: "127.0.0.1", port });
  const request = new TextEncoder().encode("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
  const sockets = [await connect(), await connect()];
  for (const socket of sockets) {
    await socket.write(request);
    await socket.read(new Uint8Array(1_024));
  }
  using third = await connect();
  assert.equal(await readAll(third), "");
  assert.equal(refused, 1);
  for (const socket of sockets) socket.close();
});

Deno.test("requests that are sent one after the other without waiting are bounded, too", async () => {
  const gate = Promise.withResolvers<void>();
  await using server = await startListener({
    config: { httpMaxConnections: 3 },
    routes: [{
      method: "GET",
      path: "/",
      handle: () => gate.promise.then(() => ({ status: 204 })),
    }],
  });
  using socket = await Deno.connect({
    hostname: "127.0.0.1",
    port: server.listener.port,
  });
  const request = "GET / HTTP/1.1\r\nhost: x\r\n\r\n";
  const last = "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
  await socket.write(new TextEncoder().encode(request.repeat(9) + last));
  const all = readAll(socket);
  // Those beyond are answered without the gate, but in the order in which they came.
  gate.resolve();
  const text = await all;
  assert.equal(text.match(/HTTP\/1\.1 204/g)?.length, 3);
  assert.equal(text.match(/HTTP\/1\.1 503/g)?.length, 7);
});

Deno.test("a peer that goes away aborts its request's signal, an answered one does not", async () => {
  const aborted = Promise.withResolvers<unknown>();
  const asked = Promise.withResolvers<void>();
  let answered: AbortSignal | undefined;
  await using server = await startListener({
    routes: [{
      method: "GET",
      path: "/wait",
      async handle({ signal }) {
        signal.addEventListener("abort", () => aborted.resolve(signal.reason));
        asked.resolve();
        await aborted.promise;
        return { status: 204 };
      },
    }, {
      method: "GET",
      path: "/",
      handle({ signal }) {
        answered = signal;
        return ok();
      },
    }],
  });
  const socket = await Deno.connect({
    hostname: "127.0.0.1",
    port: server.listener.port,
  });
  await socket.write(
    new TextEncoder().encode("GET /wait HTTP/1.1\r\nhost: x\r\n\r\n"),
  );
  await asked.promise;
  socket.close();
  assert.equal((await aborted.promise as Error).name, "CancelledError");
  await fetch(`${server.url}/`);
  await fetch(`${server.url}/`);
  assert.equal(answered?.aborted, false);
});

Deno.test("a peer that does not read its answer is given up", async () => {
  const body = new Uint8Array(8 * 1_048_576);
  const ended: EndedRequest[] = [];
  const over = Promise.withResolvers<void>();
  await using server = await startListener({
    config: { httpBodyTimeout: 50 },
    routes: [{
      method: "GET",
      path: "/",
      handle: () => Promise.resolve({ status: 200, body }),
    }],
    metrics: {
      ended(request) {
        ended.push(request);
        over.resolve();
      },
      refusedConnection() {},
      watch() {},
    },
  });
  using socket = await Deno.connect({
    hostname: "127.0.0.1",
    port: server.listener.port,
  });
  await socket.write(
    new TextEncoder().encode("GET / HTTP/1.1\r\nhost: x\r\n\r\n"),
  );
  await over.promise;
  assert.equal(ended[0]?.route, "/");
});

Deno.test("before it is started, and while it drains, requests are answered 503", async () => {
  const log = recordLog();
  await using listener = await openHttpListener({ config: httpConfig(), log });
  const gate = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  listener.add({
    method: "GET",
    path: "/",
    async handle() {
      asked.resolve();
      await gate.promise;
      return { status: 200, body: "done" };
    },
  });
  const url = `http://127.0.0.1:${listener.port}/`;
  const early = await fetch(url);
  assert.equal(early.status, 503);
  await early.body?.cancel();
  listener.start();
  // A connection that is open already is told so; a new one is not taken.
  using idle = await Deno.connect({
    hostname: "127.0.0.1",
    port: listener.port,
  });
  const late = fetch(url);
  await asked.promise;
  const drained = listener.drain(new AbortController().signal);
  await idle.write(
    new TextEncoder().encode("GET / HTTP/1.1\r\nhost: x\r\n\r\n"),
  )
    .catch(() => {});
  const text = await readAll(idle);
  assert.match(text, /^$|^HTTP\/1\.1 503 /);
  gate.resolve();
  assert.equal(await (await late).text(), "done");
  await drained;
  await assert.rejects(fetch(url));
});

Deno.test("drain() gives up with its signal, and disposing ends what is left", async () => {
  const asked = Promise.withResolvers<void>();
  const server = await startListener({
    routes: [{
      method: "GET",
      path: "/",
      handle({ signal }) {
        asked.resolve();
        return new Promise((_resolve, reject) =>
          signal.addEventListener("abort", () => reject(signal.reason))
        );
      },
    }],
  });
  const answer = fetch(server.url);
  await asked.promise;
  await server.listener.drain(AbortSignal.abort());
  const failed = assert.rejects(answer);
  await server[Symbol.asyncDispose]();
  await failed;
});

Deno.test("it answers IPv4 and IPv6 callers, and names HTTP_PORT when the port is taken", async () => {
  await using server = await startListener({
    routes: [{ method: "GET", path: "/", handle: ok }],
  });
  const { port } = server.listener;
  for (const address of OWN_ADDRESSES) {
    const host = address.includes(":") ? `[${address}]` : address;
    assert.equal((await fetch(`http://${host}:${port}/`)).status, 204, host);
  }
  await assert.rejects(
    openHttpListener({
      config: httpConfig({ httpPort: port }),
      log: recordLog(),
    }),
    (error) => error instanceof ListenError && /HTTP_PORT/.test(error.message),
  );
});

Deno.test("scripts of the origins that are set may call routes that say so, and no others", async () => {
  await using server = await startListener({
    config: { httpCorsOrigins: ["https://game.example"] },
    routes: [
      { method: "POST", path: "/event", cors: true, handle: ok },
      { method: "POST", path: "/upstream", handle: ok },
      {
        method: "OPTIONS",
        path: "/upstream",
        handle: () => Promise.resolve({ status: 200 }),
      },
    ],
  });
  const preflight = (path: string, origin: string) =>
    exchange(
      server.listener.port,
      `OPTIONS ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\norigin: ${origin}\r\n` +
        "access-control-request-method: POST\r\n\r\n",
    );
  const allowed = await preflight("/event", "https://game.example");
  assert.match(allowed, /^HTTP\/1\.1 204 /);
  assert.match(
    allowed,
    /access-control-allow-origin: https:\/\/game\.example/i,
  );
  assert.match(allowed, /access-control-allow-methods: POST/i);
  const foreign = await preflight("/event", "https://game.example.evil.test");
  assert.doesNotMatch(foreign, /access-control-allow-origin/i);
  const upstream = await preflight("/upstream", "https://game.example");
  assert.match(upstream, /^HTTP\/1\.1 200 /);
  assert.doesNotMatch(upstream, /access-control/i);
  const text = await exchange(
    server.listener.port,
    "POST /event HTTP/1.1\r\nhost: x\r\nconnection: close\r\norigin: https://game.example\r\ncontent-length: 0\r\n\r\n",
  );
  assert.match(text, /access-control-allow-origin: https:\/\/game\.example/i);
  assert.match(text, /vary: origin/i);
});

Deno.test("each request is counted by method, route and status, and nothing a peer makes up is a label", async () => {
  const ended: EndedRequest[] = [];
  await using server = await startListener({
    routes: [{ method: "GET", path: "/a/{name}", handle: ok }],
    metrics: {
      ended: (request) => void ended.push(request),
      refusedConnection() {},
      watch() {},
    },
  });
  await fetch(`${server.url}/a/b`);
  const missing = await fetch(`${server.url}/b`);
  await missing.body?.cancel();
  await exchange(server.listener.port, "nonsense\r\n\r\n");
  assert.deepEqual(
    ended.map(({ method, route, status }) => [method, route, status]),
    [["GET", "/a/{name}", 204], ["GET", undefined, 404], ["", undefined, 400]],
  );
});
