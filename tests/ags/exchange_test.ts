import assert from "node:assert/strict";
import {
  type AnswerAccount,
  createAnswerMemory,
} from "../../lib/ags/answer_memory.ts";
import { AgsError } from "../../lib/ags/errors.ts";
import { exchange } from "../../lib/ags/exchange.ts";
import { rejection } from "./_client.ts";
import { deadUrl, serve, serveBytes } from "./_server.ts";

const NAME = "GET /x/{userId}";
const MEGABYTE = 1024 * 1024;

interface Asked {
  readonly signal?: AbortSignal;
  readonly timeout?: number;
  readonly path?: string;
  readonly init?: RequestInit;
  readonly account?: AnswerAccount;
}

function ask(url: string, asked: Asked = {}): Promise<unknown> {
  const { path = "/x/u1", init = {}, timeout = 10_000 } = asked;
  const signal = asked.signal ?? new AbortController().signal;
  const { account = createAnswerMemory().open() } = asked;
  return exchange(NAME, url + path, init, { signal, timeout, account });
}

async function refused(url: string, asked: Asked = {}): Promise<AgsError> {
  const error = await rejection(ask(url, asked));
  assert.ok(error instanceof AgsError, String(error));
  return error;
}

function text(connection: Deno.TcpConn, lines: string): Promise<number> {
  return connection.write(new TextEncoder().encode(lines));
}

Deno.test("exchange() gives the answer's JSON", async () => {
  await using server = serve(() => Response.json({ a: [1, "ü"] }));
  assert.deepEqual(await ask(server.url), { a: [1, "ü"] });
});

Deno.test("exchange() gives nothing for an answer without a body", async () => {
  await using server = serve((_request, number) =>
    new Response(number === 1 ? null : "", { status: number === 1 ? 204 : 200 })
  );
  assert.equal(await ask(server.url), undefined);
  assert.equal(await ask(server.url), undefined);
});

Deno.test("exchange() puts characters together that came in two pieces", async () => {
  const bytes = new TextEncoder().encode('"ü🎮"');
  await using server = serveBytes(async (connection) => {
    const head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    await text(connection, head);
    for (const byte of bytes) {
      await text(connection, "1\r\n");
      await connection.write(new Uint8Array([byte]));
      await text(connection, "\r\n");
    }
    await text(connection, "0\r\n\r\n");
  });
  assert.equal(await ask(server.url), "ü🎮");
});

Deno.test("exchange() says which type it got in place of JSON", async () => {
  await using server = serve(() =>
    new Response("<html>Welcome</html>", {
      headers: { "content-type": "text/html" },
    })
  );
  const error = await refused(server.url);
  assert.equal(
    error.message,
    `AGS answered ${NAME} with 200 and text/html: expected JSON`,
  );
  assert.equal(error.retryable, true);
});

Deno.test("exchange() repeats nothing of a body that is not JSON", async () => {
  await using server = serve(() => new Response('{"a":"confidential'));
  const error = await refused(server.url);
  assert.doesNotMatch(Deno.inspect(error), /confid/);
});

Deno.test("exchange() follows no redirect, which would take the token along", async () => {
  await using elsewhere = serve(() => Response.json({}));
  for (const status of [301, 302, 303, 307, 308]) {
    await using server = serve(() =>
      new Response(null, { status, headers: { location: elsewhere.url } })
    );
    const error = await refused(server.url, {
      init: { headers: { authorization: "Bearer t" } },
    });
    assert.equal(error.status, status);
    assert.equal(error.retryable, true, "the event is not to be lost for it");
  }
  assert.equal(elsewhere.count, 0);
});

Deno.test("exchange() gives up on a server that does not answer in time", async () => {
  await using server = serveBytes((_connection, end) => end);
  const error = await refused(server.url, { timeout: 20 });
  assert.equal(error.message, `AGS did not answer ${NAME} within 20 ms`);
  assert.equal(error.retryable, true);
  assert.equal(error.status, undefined);
});

Deno.test("exchange() gives up on an answer whose body does not end in time", async () => {
  await using server = serveBytes(async (connection, end) => {
    await text(connection, "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{");
    await end;
  });
  const error = await refused(server.url, { timeout: 50 });
  assert.match(error.message, /within 50 ms/);
});

for (
  const [what, head] of [
    ["a body of a known length", "content-length: 100"],
    ["a body in chunks", "transfer-encoding: chunked"],
  ] as const
) {
  Deno.test(`exchange() counts ${what} that breaks off as not answered`, async () => {
    await using server = serveBytes(async (connection) => {
      await text(connection, `HTTP/1.1 200 OK\r\n${head}\r\n\r\n5\r\n{"a`);
    });
    const error = await refused(server.url);
    assert.match(error.message, /could not be reached/);
    assert.equal(error.retryable, true);
    assert.equal(error.status, undefined);
  });
}

Deno.test("exchange() counts a refusal that breaks off as not answered", async () => {
  await using server = serveBytes(async (connection) => {
    const head = "HTTP/1.1 404 Not Found\r\ncontent-length: 100";
    await text(connection, `${head}\r\n\r\n{"a`);
  });
  assert.equal((await refused(server.url)).retryable, true);
});

const UNREACHABLE: readonly (readonly [string, () => string])[] = [
  ["a port where nothing listens", deadUrl],
  // Too long for a name: the resolver needs no network to say so.
  ["a name that does not resolve", () => `http://${"x".repeat(64)}.invalid`],
];

for (const [what, url] of UNREACHABLE) {
  Deno.test(`exchange() says that it could not reach ${what}`, async () => {
    const error = await refused(url());
    assert.equal(error.message, `AGS could not be reached for ${NAME}`);
    assert.equal(error.retryable, true);
    assert.ok(error.cause instanceof Error && error.cause.message !== "");
  });
}

Deno.test("exchange() says that it could not reach a server that hangs up or speaks no HTTP", async () => {
  for (const answer of ["", "220 smtp.example ready\r\n"]) {
    await using server = serveBytes(async (connection) => {
      await text(connection, answer);
    });
    const error = await refused(server.url);
    assert.equal(error.retryable, true);
    assert.match(error.message, /could not be reached/);
  }
});

Deno.test("exchange() names no player when it could not reach AGS", async () => {
  const path = "/x/player-7(1)'?itemId=secret-item&x=a b";
  await using closing = serveBytes(() => {});
  for (const url of [deadUrl(), closing.url, `http://${"x".repeat(64)}.a`]) {
    const error = await refused(url, { path });
    assert.doesNotMatch(Deno.inspect(error), /player-7|secret-item/);
  }
});

Deno.test("exchange() ends with its signal's reason before it is sent", async () => {
  await using server = serve(() => Response.json({}));
  const reason = new Error("over");
  const signal = AbortSignal.abort(reason);
  assert.equal(await rejection(ask(server.url, { signal })), reason);
  assert.equal(server.count, 0);
});

Deno.test("exchange() ends with its signal's reason while it waits for an answer", async () => {
  const arrived = Promise.withResolvers<void>();
  await using server = serveBytes(async (_connection, end) => {
    arrived.resolve();
    await end;
  });
  const controller = new AbortController();
  const reason = new Error("over");
  const asked = rejection(ask(server.url, { signal: controller.signal }));
  await arrived.promise;
  controller.abort(reason);
  assert.equal(await asked, reason);
});

Deno.test("exchange() ends with its signal's reason while a body comes", async () => {
  const begun = Promise.withResolvers<void>();
  await using server = serveBytes(async (connection, end) => {
    await text(connection, "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{");
    begun.resolve();
    await end;
  });
  const controller = new AbortController();
  const reason = new Error("over");
  const asked = rejection(ask(server.url, { signal: controller.signal }));
  await begun.promise;
  controller.abort(reason);
  assert.equal(await asked, reason);
});

Deno.test("exchange() reads a large answer, up to 2 MiB", async () => {
  const body = JSON.stringify("x".repeat(2 * MEGABYTE - 2));
  await using server = serve(() => new Response(body));
  assert.equal(await ask(server.url), body.slice(1, -1));
});

function streamOf(megabytes: number): ReadableStream<Uint8Array<ArrayBuffer>> {
  const piece = new Uint8Array(MEGABYTE).fill(0x20);
  let sent = 0;
  return new ReadableStream({
    pull(controller) {
      if (sent++ < megabytes) controller.enqueue(piece);
      else controller.close();
    },
  });
}

const OVERSIZE: readonly (readonly [string, () => Response])[] = [
  ["says how long it is", () => new Response(new Uint8Array(3 * MEGABYTE))],
  ["does not say so", () => new Response(streamOf(3))],
  ["never ends", () => new Response(streamOf(Infinity))],
  [
    "is small only as long as it is compressed",
    () =>
      new Response(streamOf(3).pipeThrough(new CompressionStream("gzip")), {
        headers: { "content-encoding": "gzip" },
      }),
  ],
];

for (const [what, answer] of OVERSIZE) {
  Deno.test(`exchange() stops reading an answer above 2 MiB that ${what}`, async () => {
    await using server = serve(answer);
    const error = await refused(server.url);
    assert.match(error.message, /with more than 2097152 bytes$/);
    assert.deepEqual([error.retryable, error.isForeign], [true, true]);
  });
}

Deno.test("exchange() takes JSON above 2 MiB for AGS's own, which is as large when it is asked again", async () => {
  await using server = serve(() =>
    new Response(streamOf(3), {
      headers: { "content-type": "application/json; charset=utf-8" },
    })
  );
  const error = await refused(server.url);
  assert.deepEqual([error.retryable, error.isForeign], [false, false]);
});

Deno.test("exchange() stops reading a compressed answer whatever length it says", async () => {
  const zipped = new Uint8Array(
    await new Response(
      streamOf(3).pipeThrough(new CompressionStream("gzip")),
    ).arrayBuffer(),
  );
  await using server = serveBytes(async (connection) => {
    await text(
      connection,
      "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n" +
        `content-length: ${zipped.length}\r\n\r\n`,
    );
    for (let sent = 0; sent < zipped.length;) {
      sent += await connection.write(zipped.subarray(sent));
    }
  });
  const error = await refused(server.url);
  assert.match(error.message, /with more than 2097152 bytes$/);
});

const DEAR: Readonly<Record<string, string>> = {
  "2 million lists in each other": "[".repeat(1e6) + "]".repeat(1e6),
  "101 levels": "[".repeat(101) + "]".repeat(101),
  "101 levels of objects": '{"a":'.repeat(101) + "1" + "}".repeat(101),
  "300,000 lists beside each other": `[${Array(3e5).fill("[]").join()}]`,
  "100,000 objects that all differ": `[${
    Array.from({ length: 1e5 }, (_, at) => `{"k${at}":1}`).join()
  }]`,
};

for (const [what, body] of Object.entries(DEAR)) {
  Deno.test(`exchange() does not parse ${what}`, async () => {
    for (
      const [type, isForeign] of [
        ["application/json", false],
        ["text/html", true],
      ] as const
    ) {
      await using server = serve(() =>
        new Response(body, { headers: { "content-type": type } })
      );
      const error = await refused(server.url);
      assert.equal(
        error.message,
        `AGS answered ${NAME} with more than fits in memory`,
      );
      assert.deepEqual([error.retryable, error.isForeign], [
        isForeign,
        isForeign,
      ]);
    }
  });
}

Deno.test("exchange() parses 100 levels, as ever they are made", async () => {
  const body = '[{"a":'.repeat(50) + '"[[[{{{"' + "}]".repeat(50);
  await using server = serve(() => new Response(body));
  assert.deepEqual(await ask(server.url), JSON.parse(body));
});

Deno.test("exchange() gives an answer's memory back when its event has ended, and at once without one", async () => {
  const body = JSON.stringify(["x".repeat(1_000_000)]);
  await using server = serve(() => new Response(body));
  const memory = createAnswerMemory({ free: 0, shared: 9 * MEGABYTE });
  for (let time = 0; time < 5; time++) {
    await ask(server.url, { account: memory.open() });
    using ending = new DisposableStack();
    await ask(server.url, { account: memory.open(ending) });
  }
});

Deno.test("exchange() waits for memory, and fails when there is none in time: AGS is not to blame", async () => {
  const body = JSON.stringify(["x".repeat(1_000_000)]);
  await using server = serve(() => new Response(body));
  using ending = new DisposableStack();
  const memory = createAnswerMemory({
    free: 0,
    shared: 9 * MEGABYTE,
    reserve: 8 * MEGABYTE,
  });
  // The first holds its answer, the second is on its turn.
  for (let time = 0; time < 2; time++) {
    await ask(server.url, { account: memory.open(ending) });
  }
  const error = await refused(server.url, {
    account: memory.open(ending),
    timeout: 500,
  });
  assert.equal(
    error.message,
    `No memory for AGS's answer to ${NAME} within 500 ms`,
  );
  assert.deepEqual([error.status, error.retryable], [200, true]);
});

for (
  const what of ["connection that breaks", "body that is not JSON"] as const
) {
  Deno.test(`exchange() keeps no memory after a ${what}`, async () => {
    const memory = createAnswerMemory({ free: 0, shared: 8 * MEGABYTE });
    await using server = serveBytes(async (connection) => {
      const length = what === "connection that breaks" ? 2e6 : 1e6;
      await text(
        connection,
        `HTTP/1.1 200 OK\r\ncontent-length: ${length}\r\n\r\n`,
      );
      const piece = new Uint8Array(100_000).fill(0x78);
      for (let sent = 0; sent < 1e6;) {
        sent += await connection.write(
          piece.subarray(0, Math.min(piece.length, 1e6 - sent)),
        );
      }
    });
    using ending = new DisposableStack();
    for (let time = 0; time < 5; time++) {
      await refused(server.url, { account: memory.open(ending) });
    }
  });
}
