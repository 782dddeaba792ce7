/**
 * The service against callers that mean no good, over raw HTTP.
 */

import assert from "node:assert/strict";
import fc from "fast-check";
import { on } from "../../mod.ts";
import type { Config } from "../../lib/core/config.ts";
import { exchange, head, type RawResponse } from "./_raw_http.ts";
import { startWebPubSub } from "./_service.ts";
import {
  CONNECT,
  CONNECTED,
  DISCONNECTED,
  H1,
  H2,
  JOINED,
  K1,
  MESSAGE,
  sign,
  userEvent,
  without,
} from "./_vectors.ts";

const MB = 1_024 * 1_024;

type Fields = Readonly<Record<string, string>>;

async function start(config: Partial<Config> = {}) {
  let handled = 0;
  const count = <T>(value: T): T => {
    handled++;
    return value;
  };
  const app = await startWebPubSub([
    on("webPubSub.connect", () => count({ userId: "me" })),
    on(
      ["webPubSub.message", "webPubSub.user.*"],
      ({ data }) => count(data.content as string | Uint8Array),
    ),
    on(["webPubSub.connected", "webPubSub.disconnected"], () => {}),
    on(["webPubSub.groupJoined", "webPubSub.groupLeft"], () => {}),
  ], config);
  const port = app.service.portOf("webPubSub");
  return {
    app,
    port,
    get handled() {
      return handled;
    },
    raw: (...parts: readonly (string | Uint8Array)[]) =>
      exchange(port, ...parts),
    /** Sends an event with its length. */
    event(headers: Fields, body: string | Uint8Array, target = "/upstream") {
      const bytes = typeof body === "string"
        ? new TextEncoder().encode(body)
        : body;
      return exchange(
        port,
        head(`POST ${target}`, [
          ...Object.entries(headers),
          ["Content-Length", `${bytes.length}`],
        ]),
        bytes,
      );
    },
    [Symbol.asyncDispose]: () => app[Symbol.asyncDispose](),
  };
}

type Served = Awaited<ReturnType<typeof start>>;

let number = 0;

/** It still answers somebody else. */
async function assertAlive(served: Served): Promise<void> {
  const headers = { ...MESSAGE, "ce-id": `alive-${number++}` };
  const { status, body } = await served.event(headers, "hi");
  assert.deepEqual([status, body], [200, "hi"]);
}

const post = (headers: Fields, ...more: [string, string][]) =>
  head("POST /upstream", [...Object.entries(headers), ...more]);

Deno.test("the service refuses bodies that make no sense, and hands none of them on", async () => {
  await using served = await start();
  const json = userEvent("order", "application/json");
  const cases: readonly (readonly [Fields, string | Uint8Array])[] = [
    [CONNECT, "{"],
    [CONNECT, "[]"],
    [CONNECT, '{"claims":1}'],
    [CONNECT, Uint8Array.of(0xff, 0xfe)],
    [CONNECT, '{"mqtt":{"protocolVersion":"5"}}'],
    [DISCONNECTED, "{"],
    [JOINED, "{}"],
    [JOINED, '{"group":1}'],
    [json, "{"],
    [json, "[".repeat(100_000)],
    [json, Uint8Array.of(0x22, 0xff, 0x22)],
    [MESSAGE, Uint8Array.of(0xff)],
    [{ ...CONNECT, "ce-type": "azure.webpubsub.sys.other" }, "{}"],
    [{ ...MESSAGE, "ce-type": "azure.webpubsub.user." }, "hi"],
    [{ ...MESSAGE, "ce-eventName": "" }, "hi"],
    [without(CONNECT, "ce-hub"), "{}"],
    [without(CONNECT, "ce-connectionId"), "{}"],
    [without(CONNECT, "ce-type"), "{}"],
    [without(CONNECT, "WebHook-Request-Origin"), "{}"],
  ];
  for (const [headers, body] of cases) {
    const { status } = await served.event(headers, body);
    assert.equal(
      status,
      400,
      `${headers["ce-type"]} ${String(body).slice(0, 40)}`,
    );
  }
  assert.equal(served.handled, 0);
  await assertAlive(served);
});

Deno.test("the service believes nobody without the right signature of the right service", async () => {
  await using served = await start();
  const other = { ...MESSAGE, "ce-connectionId": "other" };
  const cases: readonly Fields[] = [
    without(MESSAGE, "ce-signature"),
    { ...MESSAGE, "ce-signature": "" },
    { ...MESSAGE, "ce-signature": H1 },
    { ...MESSAGE, "ce-signature": `sha1=${H1}` },
    { ...MESSAGE, "ce-signature": `sha256=${H1.slice(1)}` },
    { ...MESSAGE, "ce-signature": sign("conn-0001", "other key") },
    other,
    // Keys belong to their service: neither a longer nor a shorter host is it.
    {
      ...MESSAGE,
      "WebHook-Request-Origin": "foo.webpubsub.azure.com.evil.test",
    },
    { ...MESSAGE, "WebHook-Request-Origin": "webpubsub.azure.com" },
    {
      ...MESSAGE,
      "WebHook-Request-Origin": "evil.test, foo.webpubsub.azure.com",
    },
  ];
  for (const headers of cases) {
    const { status, body } = await served.event(headers, "hi");
    assert.deepEqual([status, body], [401, ""], JSON.stringify(headers));
  }
  for (const headers of [CONNECTED, DISCONNECTED, JOINED, CONNECT]) {
    const forged = { ...headers, "ce-signature": "sha256=00" };
    assert.equal((await served.event(forged, "{}")).status, 401);
  }
  assert.equal(served.handled, 0);
  // Two lines are as good as one.
  const lines: [string, string][] = [
    ["ce-signature", `sha256=${H2}`],
    ["ce-signature", `sha256=${H1}`],
    ["Content-Length", "2"],
  ];
  const twice = post(without(MESSAGE, "ce-signature"), ...lines);
  assert.equal((await served.raw(twice, "hi")).status, 200);
  for (
    const origin of [
      "foo.webpubsub.azure.com.evil.test",
      "oo.webpubsub.azure.com",
    ]
  ) {
    const asked = head("OPTIONS /upstream", [[
      "WebHook-Request-Origin",
      origin,
    ]]);
    const answer = await served.raw(asked);
    assert.equal(answer.status, 400);
    assert.ok(
      !answer.headers.some(([name]) => name === "webhook-allowed-origin"),
    );
  }
});

Deno.test("the service refuses what is too large, and goes on", async () => {
  await using served = await start();
  const statusOf = async (...parts: readonly (string | Uint8Array)[]) =>
    (await served.raw(...parts)).status;
  const huge: [string, string] = ["Content-Length", String(100 * MB)];
  assert.equal(await statusOf(post(MESSAGE, huge)), 413);
  // It is not even looked at before the caller is believed.
  const forged = { ...MESSAGE, "ce-signature": "sha256=00" };
  assert.equal(await statusOf(post(forged, huge)), 401);
  const chunk = `${MB.toString(16)}\r\n${"x".repeat(MB)}\r\n`;
  assert.equal(
    await statusOf(
      post(MESSAGE, ["Transfer-Encoding", "chunked"]),
      ...Array.from({ length: 100 }, () => chunk),
    ),
    413,
  );
  const flood = Array.from(
    { length: 10_000 },
    (_, index): [string, string] => [`x-${index}`, "x".repeat(100)],
  );
  assert.equal(await statusOf(post(MESSAGE, ...flood)), 431);
  const state = { ...MESSAGE, "ce-connectionState": "a".repeat(40_000) };
  assert.equal((await served.event(state, "hi")).status, 431);
  await assertAlive(served);
  assert.equal(served.handled, 1);
});

Deno.test("the service ends what is too slow, and goes on", async () => {
  await using served = await start({
    httpBodyTimeout: 100,
    httpHeaderTimeout: 100,
  });
  const statusOf = async (...parts: readonly string[]) =>
    (await served.raw(...parts)).status;
  assert.equal(
    await statusOf(post(MESSAGE, ["Content-Length", "10"]), "h"),
    408,
  );
  assert.equal(
    await statusOf(
      post(MESSAGE, ["Transfer-Encoding", "chunked"]),
      "1\r\nh\r\n",
    ),
    408,
  );
  assert.equal(await statusOf("POST /upstream HTTP/1.1\r\nhost: x\r\n"), 408);
  await assertAlive(served);
  assert.equal(served.handled, 1);
});

Deno.test("no token, key or body of anybody reaches the log", async () => {
  await using served = await start();
  const body = JSON.stringify({
    query: { access_token: ["hush-1"], room: ["r"] },
    headers: { Authorization: ["Bearer hush-2"] },
  });
  const headers = {
    ...CONNECT,
    Authorization: "Bearer hush-3",
    Cookie: "hush-4",
  };
  const target = "/upstream?access_token=hush-5&code=hush-6";
  const seen = await served.event(headers, body, target);
  assert.equal(seen.status, 200);
  await served.event({ ...headers, "ce-signature": "hush-7" }, body, target);
  await served.event(headers, "{ hush-8", target);
  await served.event({ ...MESSAGE, "ce-id": "9" }, "hush-9");
  const text = JSON.stringify(
    served.app.log.lines,
    (_key, value) =>
      value instanceof Error ? `${value.stack} ${value.cause}` : value,
  );
  assert.match(text, /Event is not genuine/);
  assert.doesNotMatch(text, /hush/);
  assert.ok(!text.includes(K1));
});

Deno.test("whatever is sent, the service answers, keeps to its statuses and hands on no forged event", async () => {
  await using served = await start();
  const fields = fc.dictionary(
    fc.constantFrom(
      "ce-type",
      "ce-id",
      "ce-hub",
      "ce-eventName",
      "ce-connectionState",
      "ce-userId",
      "ce-subprotocol",
      "ce-physicalConnectionId",
      "Content-Type",
      "x-webpubsub-metadata-a",
      "mqtt-a",
      "traceparent",
    ),
    fc.oneof(
      fc.stringMatching(/^[\x21-\x7e\xa1-\xff]{0,40}$/),
      fc.constantFrom(
        "__proto__",
        "azure.webpubsub.user.constructor",
        "azure.webpubsub.user.__proto__",
        "azure.webpubsub.sys.connected",
        "application/json",
        "text/plain; charset=utf-16",
      ),
    ),
  );
  const body = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.json().map((text) => new TextEncoder().encode(text)),
    fc.constant(
      new TextEncoder().encode(
        '{"__proto__":{"x":1},"claims":{"__proto__":["y"]}}',
      ),
    ),
  );
  const isGenuine = fc.boolean();
  await fc.assert(
    fc.asyncProperty(fields, body, isGenuine, async (fields, body, genuine) => {
      const before = served.handled;
      const headers = {
        ...MESSAGE,
        ...fields,
        ...(genuine ? {} : { "ce-signature": `sha256=${H2}` }),
      };
      const answer: RawResponse = await served.event(headers, body);
      const { status } = answer;
      assert.ok([200, 204, 400, 401, 404].includes(status), `${status}`);
      if (!genuine) {
        assert.ok(status >= 400);
        assert.equal(served.handled, before);
      }
    }),
    { numRuns: 400 },
  );
  assert.equal(({} as { x?: unknown }).x, undefined);
  await assertAlive(served);
});
