import assert from "node:assert/strict";
import { Secret } from "../../lib/config/secret.ts";
import {
  apiDestination,
  type ApiDestinationOptions,
  apiKey,
  basic,
  DestinationError,
  DestinationOptionsError,
} from "../../lib/destinations/mod.ts";
import { type Api, contextOf, startApi } from "./_api.ts";

function destinationOf(
  { url }: Api,
  more: Partial<ApiDestinationOptions> = {},
) {
  return apiDestination({
    url: `${url}/items`,
    allowPrivateAddresses: true,
    name: "shop",
    ...more,
  });
}

async function errorOf(promise: Promise<unknown>): Promise<DestinationError> {
  const error = await promise.then(
    () => assert.fail("It was taken"),
    (error: unknown) => error,
  );
  assert.ok(error instanceof DestinationError, `${error}`);
  return error;
}

Deno.test("destination: sends JSON, and gives what comes back", async () => {
  await using api = startApi(() => Response.json({ id: 7 }, { status: 201 }));
  const shop = destinationOf(api, { headers: { "X-Studio": "one" } });
  const answer = await shop(contextOf()).send({
    body: { sku: 9, big: 2n ** 63n },
    idempotencyKey: "event-1",
    headers: { "x-trace": "abc" },
  });
  assert.deepEqual(answer, { status: 201, body: { id: 7 } });
  const [request] = api.requests;
  assert.equal(request?.method, "POST");
  assert.equal(request.target, "/items");
  assert.equal(request.body, '{"sku":9,"big":9223372036854775808}');
  const headers = Object.fromEntries(request.headers);
  assert.deepEqual(headers, {
    accept: "application/json",
    connection: "close",
    "content-length": `${request.body.length}`,
    "content-type": "application/json; charset=utf-8",
    host: `127.0.0.1:${api.port}`,
    "idempotency-key": "event-1",
    "user-agent": "extend-event-handler",
    "x-studio": "one",
    "x-trace": "abc",
  });
});

Deno.test("destination: fills in its URL, and nothing leaves its place there", async () => {
  await using api = startApi();
  const shop = destinationOf(api, {
    url: `${api.url}/a/{id}/b?x=1`,
    method: "PUT",
  });
  await shop(contextOf()).send({
    params: { id: "../../é?y#z" },
    query: { q: "a&b", none: undefined, n: 1 },
  });
  await shop(contextOf()).send({ params: { id: 5 }, method: "GET" });
  assert.deepEqual(api.requests.map(({ method, target }) => [method, target]), [
    ["PUT", "/a/..%2F..%2F%C3%A9%3Fy%23z/b?x=1&q=a%26b&n=1"],
    ["GET", "/a/5/b?x=1"],
  ]);
  for (const id of ["", ".", ".."]) {
    const error = await errorOf(shop(contextOf()).send({ params: { id } }));
    assert.equal(error.retryable, false);
  }
  assert.equal(api.requests.length, 2);
});

Deno.test("destination: says by the status whether trying again can help", async () => {
  const cases: readonly (readonly [number, boolean])[] = [
    ...[301, 302, 307, 400, 401, 403, 404, 405, 410, 413, 422, 451].map((
      each,
    ) => [each, false] as const),
    ...[408, 409, 425, 429, 500, 502, 503, 504, 599].map((each) =>
      [each, true] as const
    ),
  ];
  for (const [status, retryable] of cases) {
    await using api = startApi(() =>
      new Response("why: player-1", {
        status,
        headers: { location: "http://127.0.0.1:1/" },
      })
    );
    const error = await errorOf(destinationOf(api)(contextOf()).send());
    assert.equal(error.retryable, retryable, `${status}`);
    assert.equal(error.status, status);
    assert.equal(error.answer, "why: player-1");
    const shown = Deno.inspect(error) + error.message + JSON.stringify(error);
    assert.ok(!shown.includes("player-1"), shown);
    assert.equal(api.requests.length, 1);
  }
});

Deno.test("destination: waits as long as it is asked to, within bounds, and never after a no", async () => {
  const cases: readonly (readonly [string, boolean, number | undefined])[] = [
    ["7", true, 7_000],
    ["999999999", true, 60_000],
    ["soon", true, undefined],
    ["-1", false, undefined],
  ];
  for (const [value, retryable, retryAfter] of cases) {
    await using api = startApi(() =>
      new Response(null, { status: 429, headers: { "retry-after": value } })
    );
    const error = await errorOf(destinationOf(api)(contextOf()).send());
    assert.equal(error.retryable, retryable, value);
    assert.equal(error.retryAfter, retryAfter);
  }
});

Deno.test("destination: gives up on one that does not answer, and on an event that has ended", async () => {
  const release = Promise.withResolvers<Response>();
  await using api = startApi(() => release.promise);
  const error = await errorOf(
    destinationOf(api, { timeout: 30 })(contextOf()).send(),
  );
  assert.equal(error.retryable, true);
  assert.match(error.message, /shop did not answer within 30 ms/);
  const reason = new Error("The event's time is up");
  const controller = new AbortController();
  const sending = destinationOf(api)(contextOf({ signal: controller.signal }))
    .send();
  controller.abort(reason);
  await assert.rejects(sending, reason);
  await assert.rejects(
    destinationOf(api)(contextOf({ signal: controller.signal })).send(),
    reason,
  );
  release.resolve(new Response());
});

Deno.test("destination: a connection that is refused, or ends early, is to be tried again", async () => {
  const closed = startApi();
  await closed[Symbol.asyncDispose]();
  assert.equal(
    (await errorOf(destinationOf(closed)(contextOf()).send())).retryable,
    true,
  );
  const answers = [
    "",
    "nonsense\r\n\r\n",
    "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhel",
  ];
  for (const answer of answers) {
    await using server = startRaw(answer);
    const shop = apiDestination({
      url: `http://127.0.0.1:${server.port}`,
      allowPrivateAddresses: true,
    });
    const error = await errorOf(shop(contextOf()).send());
    assert.equal(error.retryable, true, answer);
  }
});

/** Answers each connection with these bytes, and closes it. */
function startRaw(answer: string) {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const serving = (async () => {
    for await (const connection of listener) {
      await connection.read(new Uint8Array(1_000));
      await connection.write(new TextEncoder().encode(answer));
      connection.close();
    }
  })();
  return {
    port: (listener.addr as Deno.NetAddr).port,
    async [Symbol.asyncDispose]() {
      listener.close();
      await serving;
    },
  };
}

Deno.test("destination: an endless answer is read in part, and a success all the same", async () => {
  await using api = startApi(() =>
    new Response(
      new ReadableStream({
        pull: (controller) => controller.enqueue(new Uint8Array(65_536)),
      }),
    )
  );
  const answer = await destinationOf(api)(contextOf()).send();
  assert.deepEqual(answer, { status: 200, body: undefined });
});

Deno.test("destination: an answer that is not JSON is text", async () => {
  for (
    const [type, text, body] of [
      ["text/plain", "thanks", "thanks"],
      ["application/json", "{", "{"],
      ["application/problem+json", '{"a":1}', { a: 1 }],
      ["application/json", "", undefined],
    ] as const
  ) {
    await using api = startApi(() =>
      new Response(text, { headers: { "content-type": type } })
    );
    const answer = await destinationOf(api)(contextOf()).send();
    assert.deepEqual(answer.body, body);
  }
});

Deno.test("destination: a body that is too long is not sent", async () => {
  await using api = startApi();
  const error = await errorOf(
    destinationOf(api)(contextOf()).send({ body: "x".repeat(65_535) }),
  );
  assert.equal(error.retryable, false);
  assert.equal(api.requests.length, 0);
});

Deno.test("destination: keeps its rate, or says when there is room", async () => {
  await using api = startApi();
  // One now, and the next in 100 s.
  const shop = destinationOf(api, { ratePerSecond: 0.01 });
  await shop(contextOf()).send();
  const error = await errorOf(shop(contextOf()).send());
  assert.equal(error.retryable, true);
  assert.equal(error.retryAfter, 60_000);
  assert.equal(api.requests.length, 1);
});

Deno.test("destination: waits for its place, but no longer than the event has time", async () => {
  await using api = startApi();
  const asked: number[] = [];
  const shop = destinationOf(api, {
    rateLimit: {
      take: (longest) => {
        asked.push(longest);
        return Promise.resolve(30);
      },
    },
  });
  const start = performance.now();
  await shop(contextOf()).send();
  assert.ok(performance.now() - start >= 30);
  await errorOf(shop(contextOf({ deadline: Date.now() - 1 })).send());
  assert.deepEqual(asked, [5_000, 0]);
  assert.equal(api.requests.length, 1);
});

Deno.test("destination: says who asks, by user and password or by a key", async () => {
  await using api = startApi();
  const password = new Secret("pä:ss");
  await destinationOf(api, { auth: basic({ user: "ü", password }) })(
    contextOf(),
  )
    .send();
  const value = new Secret("key-1");
  await destinationOf(api, { auth: apiKey({ header: "X-Api-Key", value }) })(
    contextOf(),
  ).send({ headers: { "x-api-key": "another" } });
  const [first, second] = api.requests;
  assert.equal(
    first?.headers.get("authorization"),
    `Basic ${new TextEncoder().encode("ü:pä:ss").toBase64()}`,
  );
  assert.equal(second?.headers.get("x-api-key"), "key-1");
});

Deno.test("destination: an id that is no header value is still one key", async () => {
  await using api = startApi();
  const shop = destinationOf(api)(contextOf());
  for (
    const idempotencyKey of ["ü", "a b", "x\r\ny: z", "k".repeat(300), "ü"]
  ) {
    await shop.send({ idempotencyKey });
  }
  const keys = api.requests.map(({ headers }) =>
    headers.get("idempotency-key")
  );
  assert.equal(new Set(keys).size, 4);
  assert.equal(keys[0], keys[4]);
  for (const key of keys) assert.match(key ?? "", /^[0-9a-f]{64}$/);
});

Deno.test("destination: takes secrets from the settings, once for each configuration", async () => {
  await using api = startApi();
  let calls = 0;
  const shop = apiDestination((config) => {
    calls++;
    return {
      url: api.url,
      allowPrivateAddresses: true,
      auth: basic({
        user: config.namespace,
        password: config.clientSecret,
      }),
    };
  });
  await shop(contextOf()).send();
  await shop(contextOf()).send();
  assert.equal(calls, 1);
  assert.match(api.requests[0]?.headers.get("authorization") ?? "", /^Basic /);
});

Deno.test("destination: options that make no sense are refused, and no secret is shown", () => {
  const url = "https://example.com/";
  const secret = new Secret("bad\nsecret");
  const options: readonly ApiDestinationOptions[] = [
    { url: "example.com" },
    { url: "http://example.com/" },
    { url: "ftp://example.com/", allowPrivateAddresses: true },
    { url: "https://user:pass@example.com/" },
    { url: "https://{host}/" },
    { url: "https://a.{host}.com/" },
    { url: "https://example.com:{port}/" },
    { url: "https://example.com/#x" },
    { url, timeout: 0 },
    { url, ratePerSecond: 0 },
    { url, headers: { "a b": "c" } },
    { url, headers: { host: "c" } },
    { url, headers: { a: "b\r\nc: d" } },
    { url, auth: basic({ user: "a:b", password: secret }) },
    { url, auth: apiKey({ header: "x", value: secret }) },
  ];
  for (const each of options) {
    assert.throws(() => apiDestination(each), (error) => {
      assert.ok(error instanceof DestinationOptionsError, Deno.inspect(each));
      assert.ok(!Deno.inspect(error).includes("bad"));
      return true;
    });
  }
});
