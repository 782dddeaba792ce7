import assert from "node:assert/strict";
import {
  AccessKeyValidator,
  type UpstreamOptions,
  WebPubSubUpstream,
} from "event-handler/web-pubsub";
import { exchange, head } from "./_raw_http.ts";
import {
  CONNECT,
  connectionString,
  H1,
  H2,
  K1,
  MESSAGE,
  RecordedLog,
  without,
} from "./_vectors.ts";

const MB = 1_024 * 1_024;

interface Served extends AsyncDisposable {
  readonly port: number;
  readonly log: RecordedLog;
}

function serve(options: Partial<UpstreamOptions> = {}): Served {
  const log = new RecordedLog();
  const upstream = new WebPubSubUpstream({
    validator: new AccessKeyValidator(connectionString(K1)),
    handleUserEvent: ({ data }) =>
      data.dataType === "text" ? data.content : new Uint8Array(),
    log,
    ...options,
  });
  const aborter = new AbortController();
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, signal: aborter.signal, onListen() {} },
    (request) => upstream.handle(request),
  );
  return {
    port: server.addr.port,
    log,
    async [Symbol.asyncDispose]() {
      // At once: some of the clients never end what they send.
      aborter.abort();
      await server.finished;
    },
  };
}

const post = (
  headers: Readonly<Record<string, string>>,
  ...more: readonly (readonly [string, string])[]
) => head("POST /upstream", [...Object.entries(headers), ...more]);

async function assertAlive({ port }: Served): Promise<void> {
  const length = ["Content-Length", "2"] as const;
  const { status, body } = await exchange(port, post(MESSAGE, length), "hi");
  assert.deepEqual([status, body], [200, "hi"]);
}

Deno.test("A body of 100 MB is refused without being read", async () => {
  await using served = serve();
  const length = ["Content-Length", String(100 * MB)] as const;
  const forged = { ...MESSAGE, "ce-signature": "sha256=00" };
  for (const [headers, wanted] of [[MESSAGE, 413], [forged, 401]] as const) {
    // Not one byte of it is sent: the answer does not wait for it.
    const { status } = await exchange(served.port, post(headers, length));
    assert.equal(status, wanted);
  }
  await assertAlive(served);
});

Deno.test("A body of 100 MB without a length is refused when it is too large", async () => {
  await using served = serve();
  const chunk = `${MB.toString(16)}\r\n${"x".repeat(MB)}\r\n`;
  const { status } = await exchange(
    served.port,
    post(MESSAGE, ["Transfer-Encoding", "chunked"]),
    ...Array.from({ length: 100 }, () => chunk),
  );
  assert.equal(status, 413);
  await assertAlive(served);
});

Deno.test("A body without a length is read to its end", async () => {
  await using served = serve();
  const { status, body } = await exchange(
    served.port,
    post(MESSAGE, ["Transfer-Encoding", "chunked"]),
    "1\r\nh\r\n1\r\ni\r\n0\r\n\r\n",
  );
  assert.deepEqual([status, body], [200, "hi"]);
});

Deno.test("A body that does not come in time is answered 408", async () => {
  await using served = serve({ timeout: 100 });
  for (
    const [header, start] of [
      [["Content-Length", "10"], "h"],
      [["Transfer-Encoding", "chunked"], "1\r\nh\r\n"],
    ] as const
  ) {
    const text = post(MESSAGE, header);
    assert.equal((await exchange(served.port, text, start)).status, 408);
  }
  await assertAlive(served);
});

Deno.test("A peer that goes in the middle of a body ends only its own event", async () => {
  await using served = serve();
  for (let count = 0; count < 20; count++) {
    const { port } = served;
    const connection = await Deno.connect({ hostname: "127.0.0.1", port });
    const text = post(MESSAGE, ["Content-Length", "1000"]) + "half";
    await connection.write(new TextEncoder().encode(text));
    connection.close();
  }
  await assertAlive(served);
});

Deno.test("A handler's signal aborts when the peer goes before the answer", async () => {
  const started = Promise.withResolvers<void>();
  const aborted = Promise.withResolvers<void>();
  await using served = serve({
    handleUserEvent: (_, signal) =>
      new Promise<void>((resolve) => {
        started.resolve();
        signal.addEventListener("abort", () => {
          aborted.resolve();
          resolve();
        });
      }),
  });
  const { port } = served;
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const text = post(MESSAGE, ["Content-Length", "2"]) + "hi";
  await connection.write(new TextEncoder().encode(text));
  await started.promise;
  connection.close();
  await aborted.promise;
});

Deno.test("Bodies that are held at once are bounded together", async () => {
  await using served = serve({ maxBufferedBytes: 1_000 });
  const length = ["Content-Length", "600"] as const;
  const { port } = served;
  const slow = await Deno.connect({ hostname: "127.0.0.1", port });
  await slow.write(new TextEncoder().encode(post(MESSAGE, length)));
  // Until the slow one holds its share, there is room for this one.
  let status = 0;
  while (status !== 503) {
    const body = "x".repeat(600);
    ({ status } = await exchange(served.port, post(MESSAGE, length), body));
    assert.ok(status === 200 || status === 503);
  }
  slow.close();
  while (status !== 200) {
    const body = "x".repeat(600);
    ({ status } = await exchange(served.port, post(MESSAGE, length), body));
  }
});

Deno.test("Several signature lines are as good as one", async () => {
  await using served = serve();
  const headers = without(MESSAGE, "ce-signature");
  const length = ["Content-Length", "2"] as const;
  for (
    const [lines, wanted] of [
      [[H2, H1], 200],
      [[H1, H2], 200],
      [[H2, H2], 401],
    ] as const
  ) {
    const signatures = lines.map((hex) =>
      ["ce-signature", `sha256=${hex}`] as const
    );
    const text = post(headers, ...signatures, length);
    const { status } = await exchange(served.port, text, "hi");
    assert.equal(status, wanted);
  }
});

Deno.test("Several origins are not one", async () => {
  await using served = serve();
  const text = post(
    MESSAGE,
    ["WebHook-Request-Origin", "evil.test"],
    ["Content-Length", "2"],
  );
  assert.equal((await exchange(served.port, text, "hi")).status, 401);
});

Deno.test("Bytes that are no UTF-8 are refused in text and JSON, and kept elsewhere", async () => {
  await using served = serve({
    handleUserEvent: ({ data }) =>
      data.dataType === "binary" ? data.content : undefined,
  });
  const length = ["Content-Length", "2"] as const;
  for (
    const [contentType, wanted] of [
      ["text/plain", 400],
      ["application/json", 400],
      ["application/octet-stream", 200],
    ] as const
  ) {
    const headers = { ...MESSAGE, "Content-Type": contentType };
    const bytes = Uint8Array.of(0xff, 0x00);
    const answer = await exchange(served.port, post(headers, length), bytes);
    assert.equal(answer.status, wanted);
    if (wanted === 200) assert.equal(answer.body, "\xff\x00");
  }
  const headers = { ...CONNECT, "ce-userId": "\xff\xfe" };
  const text = post(headers, ["Content-Length", "2"]);
  assert.equal((await exchange(served.port, text, "{}")).status, 204);
});

Deno.test("A flood of headers ends its own connection only", async () => {
  await using served = serve();
  const many = Array.from(
    { length: 10_000 },
    (_, index) => [`x-${index}`, "x".repeat(100)] as const,
  );
  const flood = await exchange(served.port, post(MESSAGE, ...many));
  assert.ok(flood.status >= 400 && flood.status < 500, String(flood.status));
  // As many as the server lets in, of those that are looked at one by one.
  const metadata = Array.from(
    { length: 60 },
    (_, index) => [`x-webpubsub-metadata-${index}`, "x".repeat(900)] as const,
  );
  const length = ["Content-Length", "2"] as const;
  const full = await exchange(
    served.port,
    post(MESSAGE, ...metadata, length),
    "hi",
  );
  assert.equal(full.status, 200);
  const signature = Array.from({ length: 800 }, () => `sha256=${H2}`).join(",");
  const forged = { ...MESSAGE, "ce-signature": signature };
  assert.equal(
    (await exchange(served.port, post(forged, length), "hi")).status,
    401,
  );
  await assertAlive(served);
});

Deno.test("JSON that is nested deep is refused, and crashes nothing", async () => {
  await using served = serve();
  const body = "[".repeat(MB);
  const headers = { ...MESSAGE, "Content-Type": "application/json" };
  const length = ["Content-Length", String(body.length)] as const;
  const { status } = await exchange(served.port, post(headers, length), body);
  assert.equal(status, 400);
  await assertAlive(served);
});

Deno.test("A state of any content is taken for empty, and crashes nothing", async () => {
  await using served = serve();
  for (
    const state of [
      "\xff\xfe",
      "====",
      "a".repeat(40_000),
      btoa("[".repeat(9_000)),
    ]
  ) {
    const headers = { ...MESSAGE, "ce-connectionState": state };
    const text = post(headers, ["Content-Length", "2"]);
    const { status, body } = await exchange(served.port, text, "hi");
    assert.deepEqual([status, body], [200, "hi"]);
  }
});
