import assert from "node:assert/strict";
import { jwtVerify } from "jose";
import {
  createWebPubSubClient,
  type HubService,
  type WebPubSubClientOptions,
  WebPubSubError,
} from "event-handler/web-pubsub";
import { type Recorder, startRecorder } from "./_recorder.ts";

const KEY = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

function hubAt(
  { url }: Pick<Recorder, "url">,
  options: Partial<WebPubSubClientOptions> = {},
  signal?: AbortSignal,
): HubService {
  return createWebPubSubClient({
    connectionString: `Endpoint=${url};AccessKey=${KEY};Version=1.0;`,
    baseDelay: 1,
    ...options,
  }).hub("chat", signal === undefined ? {} : { signal });
}

const status = (code: number, headers: HeadersInit = {}) => () =>
  new Response("secret detail", { status: code, headers });

async function failure(promise: Promise<unknown>): Promise<WebPubSubError> {
  const error = await promise.then(() => undefined, (error) => error);
  assert.ok(error instanceof WebPubSubError, `${error}`);
  assert.ok(!Deno.inspect(error).includes("secret detail"));
  return error;
}

Deno.test("Calls are signed with the access key for the one address", async () => {
  await using recorder = startRecorder();
  await hubAt(recorder).sendToAll("x");
  const [{ token, target } = { token: "", target: "" }] = recorder.requests;
  const { payload } = await jwtVerify(token, new TextEncoder().encode(KEY), {
    audience: recorder.url + target,
  });
  const { exp = 0, iat = 0 } = payload;
  assert.equal(exp - iat, 600);
});

Deno.test("Metadata goes out as headers", async () => {
  await using recorder = startRecorder();
  const metadata = { lang: "en" };
  await hubAt(recorder).sendToUser("u", "x", { metadata });
  assert.deepEqual(recorder.requests[0]?.metadata, {
    "x-webpubsub-metadata-lang": "en",
  });
  const forged = { lang: "en\r\nx: y" };
  await assert.rejects(
    hubAt(recorder).sendToAll("x", { metadata: forged }),
    TypeError,
  );
});

Deno.test("A name that would change the path is refused, and nothing is sent", async () => {
  await using recorder = startRecorder();
  const hub = hubAt(recorder);
  for (const name of ["", ".", ".."]) {
    for (
      const call of [
        () => hub.sendToUser(name, "x"),
        () => hub.sendToGroup(name, "x"),
        () => hub.sendToConnection(name, "x"),
        () => hub.close(name),
        () => hub.closeUser(name),
        () => hub.addToGroup(name, { userId: "u" }),
        () => hub.addToGroup("g", { userId: name }),
        () => hub.exists({ connectionId: name }),
        () => hub.grantPermission(name, "sendToGroup"),
      ]
    ) {
      await assert.rejects(async () => await call(), TypeError);
    }
  }
  assert.equal(recorder.requests.length, 0);
  await hub.sendToUser("...", "x");
  assert.match(recorder.requests[0]?.target ?? "", /\/users\/\.\.\.\/:send/);
});

Deno.test("A hub that Web PubSub would not take is refused", () => {
  const client = createWebPubSubClient({
    connectionString: `Endpoint=https://a.test;AccessKey=${KEY}`,
  });
  for (const name of ["", "1a", "a/b", "..", "a b", "a".repeat(129)]) {
    assert.throws(() => client.hub(name), TypeError, name);
  }
  for (const name of ["a", "Chat_1", "a`,.[]", "a".repeat(128)]) {
    client.hub(name);
  }
});

Deno.test("What does no harm twice is tried again after trouble that passes", async () => {
  await using recorder = startRecorder();
  const hub = hubAt(recorder);
  for (const code of [408, 429, 500, 502, 503, 504]) {
    recorder.requests.length = 0;
    recorder.answers.push(status(code), status(code), status(code));
    await hub.addToGroup("g", { userId: "u" });
    assert.equal(recorder.requests.length, 4, String(code));
  }
  recorder.requests.length = 0;
  recorder.answers.push(...[1, 2, 3, 4].map(() => status(500)));
  const error = await failure(hub.close("c"));
  assert.deepEqual([error.status, error.retryable], [500, true]);
  assert.equal(
    error.message,
    "Could not close a connection: Web PubSub answered 500",
  );
  assert.equal(recorder.requests.length, 4);
});

Deno.test("A message is sent again only if the service has refused it", async () => {
  await using recorder = startRecorder();
  const hub = hubAt(recorder);
  for (const code of [429, 503]) {
    recorder.requests.length = 0;
    recorder.answers.push(status(code));
    await hub.sendToAll("x");
    assert.equal(recorder.requests.length, 2, String(code));
  }
  for (const code of [408, 500, 502, 504]) {
    recorder.requests.length = 0;
    recorder.answers.push(status(code));
    const error = await failure(hub.sendToAll("x"));
    assert.deepEqual([error.status, error.retryable], [code, true]);
    assert.equal(recorder.requests.length, 1, String(code));
  }
});

Deno.test("What trying again cannot help is not tried again", async () => {
  await using recorder = startRecorder();
  const hub = hubAt(recorder);
  for (const code of [301, 400, 401, 403, 404, 409, 413, 501]) {
    recorder.requests.length = 0;
    recorder.answers.push(
      status(code, { "x-ms-error-code": "Some.Code", location: "/elsewhere" }),
    );
    const error = await failure(hub.addToGroup("g", { connectionId: "c" }));
    assert.deepEqual(
      [error.status, error.retryable, error.code],
      [code, false, "Some.Code"],
    );
    assert.equal(recorder.requests.length, 1, String(code));
  }
});

Deno.test("A code that is none of the service's is not passed on", async () => {
  await using recorder = startRecorder();
  recorder.answers.push(status(400, { "x-ms-error-code": "secret detail" }));
  const error = await failure(hubAt(recorder).close("c"));
  assert.equal(error.code, undefined);
});

Deno.test("The wait that the service asks for is kept, if there is time for it", async () => {
  await using recorder = startRecorder();
  recorder.answers.push(status(429, { "retry-after": "0.1" }));
  const start = performance.now();
  await hubAt(recorder).sendToAll("x");
  assert.ok(performance.now() - start >= 100);
  // Far longer than the call may take: waiting would only delay the error.
  recorder.requests.length = 0;
  recorder.answers.push(status(429, { "retry-after": "999999999" }));
  const error = await failure(hubAt(recorder).sendToAll("x"));
  assert.equal(error.status, 429);
  assert.equal(recorder.requests.length, 1);
});

Deno.test("A service that cannot be reached is an error with its cause", async () => {
  const refused = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = refused.addr;
  refused.close();
  const hub = hubAt({ url: `http://127.0.0.1:${port}` });
  const error = await failure(hub.close("c"));
  assert.equal(error.status, undefined);
  assert.equal(error.retryable, true);
  assert.ok(error.cause instanceof TypeError);
  assert.ok(!Deno.inspect(error).includes(KEY));
});

Deno.test("A call ends with its time, and with its caller", async () => {
  await using recorder = startRecorder();
  const gate = Promise.withResolvers<Response>();
  recorder.answers.push(() => gate.promise, () => gate.promise);
  const late = await failure(hubAt(recorder, { timeout: 50 }).close("c"));
  assert.deepEqual([late.status, late.retryable], [undefined, true]);
  const caller = new AbortController();
  const reason = new Error("gone");
  const call = hubAt(recorder, {}, caller.signal).close("c");
  caller.abort(reason);
  await assert.rejects(call, reason);
  await assert.rejects(hubAt(recorder, {}, caller.signal).close("c"), reason);
  gate.resolve(new Response(null));
});

Deno.test("A call ends with its caller while it waits to try again", async () => {
  await using recorder = startRecorder();
  const caller = new AbortController();
  const reason = new Error("gone");
  recorder.answers.push(() => {
    queueMicrotask(() => caller.abort(reason));
    return status(503, { "retry-after": "5" })();
  });
  await assert.rejects(hubAt(recorder, {}, caller.signal).close("c"), reason);
});

Deno.test("An answer that never ends is not read to its end", async () => {
  await using recorder = startRecorder();
  const endless = () =>
    new Response(
      new ReadableStream<Uint8Array>({
        pull: (controller) => controller.enqueue(new Uint8Array(65_536)),
      }),
    );
  recorder.answers.push(endless);
  const hub = hubAt(recorder, { maxAttempts: 1 });
  const error = await failure(hub.addToGroup("g", { userId: "u" }));
  assert.ok(error.cause instanceof RangeError);
});

Deno.test("Connections are listed page by page", async () => {
  await using recorder = startRecorder();
  const first = { connectionId: "c1", userId: "u" };
  recorder.answers.push(
    () =>
      Response.json({
        value: [first, { nonsense: 1 }],
        nextLink: `${recorder.url}/api/hubs/chat/groups/g/connections?page=2`,
      }),
    () => Response.json({ value: [{ connectionId: "c2", userId: null }] }),
  );
  const found = await Array.fromAsync(hubAt(recorder).listConnections("g"));
  assert.deepEqual(found, [first, { connectionId: "c2" }]);
  const [one, two] = recorder.requests;
  assert.equal(two?.target, "/api/hubs/chat/groups/g/connections?page=2");
  assert.equal(one?.claims["aud"], `${recorder.url}${one?.target}`);
  assert.equal(two?.claims["aud"], `${recorder.url}${two?.target}`);
});

Deno.test("A next page that is somewhere else gets no token", async () => {
  await using recorder = startRecorder();
  await using elsewhere = startRecorder();
  for (
    const nextLink of [
      `${elsewhere.url}/api/hubs/chat/groups/g/connections`,
      `${recorder.url}/api/hubs/other/groups/g/connections`,
      `${recorder.url}@evil.test/`,
      "no URL",
    ]
  ) {
    recorder.requests.length = 0;
    recorder.answers.push(() => Response.json({ value: [], nextLink }));
    const list = Array.fromAsync(hubAt(recorder).listConnections("g"));
    const error = await failure(list);
    assert.equal(error.retryable, false);
    assert.equal(recorder.requests.length, 1);
  }
  assert.equal(elsewhere.requests.length, 0);
  for (const body of ["[]", "{", '{"value":5}']) {
    recorder.answers.push(() => new Response(body));
    await failure(Array.fromAsync(hubAt(recorder).listConnections("g")));
  }
});

Deno.test("With Entra ID the service makes the tokens for clients", async () => {
  await using recorder = startRecorder();
  const client = createWebPubSubClient({
    endpoint: `${recorder.url}/`,
    getToken: () => Promise.resolve("entra"),
  });
  const hub = client.hub("chat");
  await hub.sendToAll("x");
  const url = await hub.clientUrl({
    userId: "u",
    roles: ["r", "s"],
    groups: ["g"],
    expiresIn: 90_000,
  });
  const host = recorder.url.replace("http", "ws");
  assert.equal(url, `${host}/client/hubs/chat?access_token=t.o.k`);
  const [send, generate] = recorder.requests;
  assert.equal(send?.token, "entra");
  assert.equal(
    generate?.target,
    "/api/hubs/chat/:generateToken?api-version=2024-12-01&userId=u&role=r&role=s&group=g&minutesToExpire=2",
  );
  recorder.answers.push(() => Response.json({}));
  await failure(hub.clientUrl());
  for (const endpoint of ["", "ftp://a.test", "a.test"]) {
    const getToken = () => Promise.resolve("entra");
    assert.throws(
      () => createWebPubSubClient({ endpoint, getToken }),
      TypeError,
    );
  }
});

Deno.test("A token that never lives is refused", async () => {
  const hub = hubAt({ url: "http://a.test" });
  for (const expiresIn of [0, -1, NaN]) {
    await assert.rejects(hub.clientUrl({ expiresIn }), RangeError);
  }
});
