import assert from "node:assert/strict";
import {
  AccessKeyValidator,
  ConnectionRefused,
  reply,
  type ServiceResponse,
  TryAgainError,
  type UpstreamOptions,
  ValidationFailedError,
  WebPubSubUpstream,
} from "event-handler/web-pubsub";
import { decodeState } from "../../lib/webpubsub/state.ts";
import { until } from "../../dev/until.ts";
import {
  CONNECT,
  CONNECT_BODY,
  CONNECTED,
  connectionString,
  DISCONNECTED,
  JOINED,
  K1,
  LEFT,
  MESSAGE,
  post,
  RecordedLog,
  userEvent,
  without,
} from "./_vectors.ts";

function create(options: Partial<UpstreamOptions> = {}): WebPubSubUpstream {
  return new WebPubSubUpstream({
    validator: new AccessKeyValidator(connectionString(K1)),
    log: new RecordedLog(),
    ...options,
  });
}

async function assertEmpty(response: Response, status: number): Promise<void> {
  assert.equal(response.status, status);
  assert.equal(await response.text(), "");
  assert.deepEqual([...response.headers], []);
}

const mediaType = ({ headers }: Response) =>
  headers.get("content-type")?.split(";")[0];

Deno.test("A connect is answered with what the handler returns, and no more", async () => {
  const answer = {
    userId: "user1",
    groups: ["foo", "bar"],
    roles: ["webpubsub.sendToGroup"],
    subprotocol: "protocol1",
  };
  const upstream = create({ handleConnect: () => answer });
  const response = await upstream.handle(post(CONNECT, CONNECT_BODY));
  assert.equal(response.status, 200);
  assert.equal(mediaType(response), "application/json");
  assert.equal(response.headers.get("ce-connectionstate"), null);
  assert.deepEqual(await response.json(), answer);
});

Deno.test("A connect passes on what it does not know, and leaves out what is undefined", async () => {
  const answer = { userId: undefined, roles: [], fromTheFuture: 1 };
  const upstream = create({
    handleConnect: () => answer as never,
  });
  const response = await upstream.handle(post(CONNECT, CONNECT_BODY));
  assert.deepEqual(await response.json(), { roles: [], fromTheFuture: 1 });
});

Deno.test("A connect that nobody answers is accepted", async () => {
  for (
    const handleConnect of [undefined, () => {}, () => null as never] as const
  ) {
    const upstream = create(handleConnect && { handleConnect });
    await assertEmpty(await upstream.handle(post(CONNECT, CONNECT_BODY)), 204);
  }
});

Deno.test("A connect is refused with a status and the reason", async () => {
  for (const status of [400, 401, 403, 429]) {
    const upstream = create({
      handleConnect({ data }) {
        data.state.set("key", "lost");
        throw new ConnectionRefused(status, "no");
      },
    });
    const response = await upstream.handle(post(CONNECT, CONNECT_BODY));
    assert.equal(response.status, status);
    assert.equal(await response.text(), "no");
    assert.equal(response.headers.get("ce-connectionstate"), null);
  }
  const bare = create({
    handleConnect() {
      throw new ConnectionRefused(401);
    },
  });
  await assertEmpty(await bare.handle(post(CONNECT, CONNECT_BODY)), 401);
  for (const status of [200, 302, 399, 408, 500, 503, NaN, 400.5]) {
    assert.throws(() => new ConnectionRefused(status), RangeError);
  }
});

Deno.test("A connect answer that the service would not take is a bug", async () => {
  for (
    const [answer, part] of [
      ["no", "object"],
      [[], "object"],
      [{ userId: 1 }, "userId"],
      [{ groups: [""] }, "groups"],
      [{ groups: [null] }, "groups"],
      [{ groups: "foo" }, "groups"],
      [{ roles: [null] }, "roles"],
      [{ subprotocol: "" }, "subprotocol"],
      [{ subprotocol: "another" }, "subprotocol"],
      [{ userId: "x", more: 1n }, "JSON"],
    ] as const
  ) {
    const log = new RecordedLog();
    const upstream = create({
      log,
      handleConnect: () => answer as never,
    });
    await assertEmpty(await upstream.handle(post(CONNECT, CONNECT_BODY)), 500);
    assert.match(String(log.entries[0]?.fields["error"]), new RegExp(part));
  }
});

Deno.test("A user event is answered with text, bytes or JSON", async () => {
  for (
    const [answer, type, body] of [
      ["hi é", "text/plain; charset=utf-8", "hi é"],
      ["", "text/plain; charset=utf-8", ""],
      [Uint8Array.of(0x31), "application/octet-stream", "1"],
      [{ a: 1 }, "application/json; charset=utf-8", '{"a":1}'],
      [[], "application/json; charset=utf-8", "[]"],
      [null, "application/json; charset=utf-8", "null"],
      [false, "application/json; charset=utf-8", "false"],
      [
        reply("{}", { dataType: "json" }),
        "application/json; charset=utf-8",
        '"{}"',
      ],
      [
        reply("<a/>", { contentType: "application/xml" }),
        "application/xml",
        "<a/>",
      ],
    ] as const
  ) {
    const upstream = create({ handleUserEvent: () => answer });
    const response = await upstream.handle(post(MESSAGE, "x"));
    assert.equal(response.status, 200);
    assert.equal(response.headers.get("content-type"), type);
    assert.equal(await response.text(), body);
  }
});

Deno.test("A user event that gets no answer sends nothing to the client", async () => {
  const silent = create({ handleUserEvent: () => {} });
  await assertEmpty(await silent.handle(post(MESSAGE, "x")), 204);
  await assertEmpty(await create().handle(post(MESSAGE, "x")), 200);
});

Deno.test("A user event can be refused for good, or to come again", async () => {
  const refuse = create({
    handleUserEvent() {
      throw new ConnectionRefused(409, "taken");
    },
  });
  const response = await refuse.handle(post(MESSAGE, "x"));
  assert.deepEqual([response.status, await response.text()], [409, "taken"]);
  const again = create({
    handleUserEvent() {
      throw new TryAgainError("later");
    },
  });
  await assertEmpty(await again.handle(post(MESSAGE, "x")), 503);
});

Deno.test("An answer that cannot be sent is a bug", async () => {
  for (const answer of [() => {}, Symbol("s"), 1n]) {
    const upstream = create({ handleUserEvent: () => answer as never });
    await assertEmpty(await upstream.handle(post(MESSAGE, "x")), 500);
  }
  const large = new Uint8Array(16 * 1_024 * 1_024 + 1);
  const upstream = create({ handleUserEvent: () => large });
  await assertEmpty(await upstream.handle(post(MESSAGE, "x")), 500);
});

Deno.test("A handler's error is logged, and not told to the peer", async () => {
  const log = new RecordedLog();
  const error = new Error("secret detail");
  const upstream = create({
    log,
    handleUserEvent({ data }) {
      data.state.set("key", "lost");
      throw error;
    },
  });
  const headers = { ...MESSAGE, "x-ms-client-request-id": "r-1" };
  await assertEmpty(await upstream.handle(post(headers, "x")), 500);
  const [entry] = log.entries;
  assert.equal(entry?.message, "Handler failed");
  assert.equal(entry?.fields["error"], error);
  assert.equal(entry?.fields["requestId"], "r-1");
  await assert.rejects(upstream.handle(MESSAGE, "x"), error);
});

Deno.test("State goes out with the answer when it was changed", async () => {
  const change = create({
    handleUserEvent({ data: { state } }) {
      state.set("n", 1);
      return "ok";
    },
  });
  const changed = await change.handle(post(MESSAGE, "x"));
  assert.equal(
    changed.headers.get("ce-connectionstate"),
    "eyJrZXkiOiJhIiwibiI6MX0=",
  );
  await changed.body?.cancel();
  const clear = create({ handleUserEvent: ({ data }) => data.state.clear() });
  const cleared = await clear.handle(post(MESSAGE, "x"));
  assert.equal(cleared.status, 204);
  assert.equal(cleared.headers.get("ce-connectionstate"), "e30=");
  const quiet = create({ handleUserEvent: () => "ok" });
  const unchanged = await quiet.handle(post(MESSAGE, "x"));
  assert.equal(unchanged.headers.get("ce-connectionstate"), null);
  await unchanged.body?.cancel();
});

Deno.test("State can be changed on the response", async () => {
  const upstream = create({ handleUserEvent: () => "ok" });
  const headers = without(MESSAGE, "ce-connectionState");
  const response = await upstream.handle(headers, "x");
  const state = () =>
    decodeState(response.headers.get("ce-connectionState") ?? undefined);
  assert.equal(response.headers.has("ce-connectionState"), false);
  response.setState("a", 1);
  assert.deepEqual(state(), { a: 1 });
  response.setState("a", "x");
  assert.deepEqual(state(), { a: "x" });
  response.setState("b", []);
  assert.deepEqual(state(), { a: "x", b: [] });
  response.deleteState("a");
  assert.deepEqual(state(), { b: [] });
  response.clearStates();
  assert.deepEqual(state(), {});
  assert.equal(response.headers.get("ce-connectionState"), "e30=");
  const sent = response.toResponse();
  assert.equal(await sent.text(), "ok");
  assert.equal(sent.headers.get("ce-connectionState"), "e30=");
});

Deno.test("State of an answer that the service would ignore is not sent", async () => {
  const upstream = create({
    handleUserEvent() {
      throw new ConnectionRefused(400);
    },
  });
  for (
    const response of [
      await upstream.handle(CONNECTED, "{}"),
      await upstream.handle(MESSAGE, "x"),
      await upstream.handle({ ...MESSAGE, "ce-signature": "" }, "x"),
    ]
  ) {
    response.setState("a", 1).deleteState("b").clearStates();
    assert.equal(response.headers.has("ce-connectionState"), false);
  }
});

Deno.test("handle() takes what fromHttp() has read", async () => {
  const upstream = create({
    handleConnect: ({ data }) => ({ userId: data.query["id"]?.[0] ?? "" }),
  });
  const request = await upstream.fromHttp(CONNECT, CONNECT_BODY);
  const response: ServiceResponse = await upstream.handle(request);
  assert.equal(response.statusCode, 200);
  const body = new TextDecoder().decode(response.body ?? undefined);
  assert.deepEqual(JSON.parse(body), { userId: "u7" });
});

Deno.test("Events that nobody waits for are answered before they are handled", async () => {
  const handled: string[] = [];
  const gate = Promise.withResolvers<void>();
  const note = async ({ kind }: { readonly kind: string }) => {
    await gate.promise;
    handled.push(kind);
  };
  const upstream = create({
    handleConnected: note,
    handleDisconnected: note,
    handleGroupJoined: note,
    handleGroupLeft: note,
  });
  await assertEmpty(await upstream.handle(post(CONNECTED, "{}")), 200);
  await assertEmpty(await upstream.handle(post(DISCONNECTED, "{}")), 200);
  const group = '{"group":"g1"}';
  await assertEmpty(await upstream.handle(post(JOINED, group)), 200);
  await assertEmpty(await upstream.handle(post(LEFT, group)), 200);
  assert.deepEqual(handled, []);
  gate.resolve();
  await upstream.drain();
  assert.deepEqual(
    handled.toSorted(),
    ["connected", "disconnected", "groupJoined", "groupLeft"],
  );
});

Deno.test("Events that nobody waits for and nobody handles are answered 200", async () => {
  const upstream = create();
  await assertEmpty(await upstream.handle(post(CONNECTED, "")), 200);
  await assertEmpty(await upstream.handle(post(DISCONNECTED, "{}")), 200);
  await assertEmpty(await upstream.handle(post(JOINED, '{"group":"g"}')), 200);
  await upstream.drain();
});

Deno.test("A handler that nobody waits for may throw, at once or later", async () => {
  const log = new RecordedLog();
  const error = new Error("secret detail");
  const upstream = create({
    log,
    handleConnected() {
      throw error;
    },
    handleDisconnected: () => Promise.reject(error),
  });
  await assertEmpty(await upstream.handle(post(CONNECTED, "{}")), 200);
  await assertEmpty(await upstream.handle(post(DISCONNECTED, "{}")), 200);
  await upstream.drain();
  assert.deepEqual(
    log.entries.map(({ fields }) => fields["error"]),
    [error, error],
  );
});

Deno.test("A handler that nobody waits for cannot change the state", async () => {
  const log = new RecordedLog();
  const upstream = create({
    log,
    handleConnected({ data }) {
      (data.state as unknown as Map<string, string>).set("x", "y");
    },
  });
  await assertEmpty(await upstream.handle(post(CONNECTED, "{}")), 200);
  await upstream.drain();
  assert.ok(log.entries[0]?.fields["error"] instanceof TypeError);
});

Deno.test("drain() ends handlers that hang when it is told to", async () => {
  const hang = Promise.withResolvers<unknown>();
  const upstream = create({
    handleConnected: (_, signal) =>
      new Promise<void>((resolve) => {
        signal.addEventListener("abort", () => {
          hang.resolve(signal.reason);
          resolve();
        });
      }),
  });
  await assertEmpty(await upstream.handle(post(CONNECTED, "{}")), 200);
  const controller = new AbortController();
  const drained = upstream.drain(controller.signal);
  controller.abort("stop");
  await drained;
  assert.equal(await hang.promise, "stop");
});

Deno.test("An event whose handler takes too long is answered 503, and its signal aborts", async () => {
  const log = new RecordedLog();
  const ended = Promise.withResolvers<void>();
  const upstream = create({
    log,
    timeout: 20,
    handleUserEvent: (_, signal) =>
      new Promise((resolve) => {
        signal.addEventListener("abort", () => {
          ended.resolve();
          resolve("late");
        });
      }),
  });
  await assertEmpty(await upstream.handle(post(MESSAGE, "x")), 503);
  await ended.promise;
  assert.equal(log.entries[0]?.message, "Event was not handled in time");
});

Deno.test("A handler's signal aborts when the peer goes, and not after the answer", async () => {
  const started = Promise.withResolvers<AbortSignal>();
  const upstream = create({
    handleUserEvent: (_, signal) => {
      started.resolve(signal);
      return new Promise((resolve) =>
        signal.addEventListener("abort", () => resolve("gone"))
      );
    },
  });
  const peer = new AbortController();
  const { signal } = peer;
  const answer = upstream.handle(post(MESSAGE, "x"), { signal });
  const handlerSignal = await started.promise;
  peer.abort("gone");
  await answer;
  assert.equal(handlerSignal.reason, "gone");

  let late: AbortSignal | undefined;
  const quick = create({
    handleUserEvent(_, signal) {
      late = signal;
    },
  });
  const other = new AbortController();
  await quick.handle(post(MESSAGE, "x"), { signal: other.signal });
  other.abort();
  assert.equal(late?.aborted, false);
});

Deno.test("More events than may be at once are answered 503, until some have ended", async () => {
  const gate = Promise.withResolvers<void>();
  const upstream = create({
    maxConcurrency: 2,
    maxBackground: 1,
    handleUserEvent: () => gate.promise.then(() => "ok"),
    handleConnected: () => gate.promise,
  });
  const first = upstream.handle(post(MESSAGE, "x"));
  await assertEmpty(await upstream.handle(post(CONNECTED, "{}")), 200);
  await assertEmpty(await upstream.handle(post(CONNECTED, "{}")), 503);
  const second = upstream.handle(post(MESSAGE, "x"));
  await assertEmpty(await upstream.handle(post(MESSAGE, "x")), 503);
  gate.resolve();
  for (const answer of await Promise.all([first, second])) {
    assert.equal(await answer.text(), "ok");
  }
  await upstream.drain();
  const last = await upstream.handle(post(MESSAGE, "x"));
  assert.equal(await last.text(), "ok");
  await assertEmpty(await upstream.handle(post(CONNECTED, "{}")), 200);
  await upstream.drain();
});

Deno.test("A handler that ignores its end holds its place until it ends", async () => {
  const gate = Promise.withResolvers<void>();
  const log = new RecordedLog();
  const upstream = create({
    log,
    timeout: 20,
    maxConcurrency: 1,
    handleUserEvent: () => gate.promise.then(() => "ok"),
  });
  await assertEmpty(await upstream.handle(post(MESSAGE, "x")), 503);
  assert.equal(log.entries[0]?.message, "Event was not handled in time");
  await assertEmpty(await upstream.handle(post(MESSAGE, "x")), 503);
  assert.equal(log.entries[1]?.fields["error"], "OverloadedError");
  gate.resolve();
  const answer = await until("a free place", async () => {
    const response = await upstream.handle(post(MESSAGE, "x"));
    return response.status === 200 ? await response.text() : undefined;
  });
  assert.equal(answer, "ok");
});

Deno.test("handleException may choose another status, and nothing else", async () => {
  const forged = { ...MESSAGE, "ce-signature": "sha256=00" };
  for (
    const [returned, status] of [
      [403, 403],
      [500, 500],
      [undefined, 401],
      [200, 401],
      [99, 401],
      [600, 401],
      [403.5, 401],
      ["403" as unknown as number, 401],
    ] as const
  ) {
    const errors: unknown[] = [];
    const upstream = create({
      handleException(error) {
        errors.push(error);
        return returned;
      },
    });
    await assertEmpty(await upstream.handle(post(forged, "x")), status);
    const { statusCode, body } = await upstream.handle(forged, "x");
    assert.deepEqual([statusCode, body], [status, null]);
    assert.equal(errors.length, 2);
    assert.ok(errors[0] instanceof ValidationFailedError);
  }
  const broken = create({
    handleException() {
      throw new Error("secret detail");
    },
  });
  await assertEmpty(await broken.handle(post(forged, "x")), 401);
});

Deno.test("handleException does not get a handler's errors", async () => {
  const upstream = create({
    handleException: () => 418,
    handleUserEvent() {
      throw new Error("bug");
    },
  });
  await assertEmpty(await upstream.handle(post(MESSAGE, "x")), 500);
});

Deno.test("Whether there is a validator must be said, and none is said in the log", async () => {
  assert.throws(
    () => new WebPubSubUpstream({} as UpstreamOptions),
    /Cannot accept events without a validator: expected one, or "none"/,
  );
  const log = new RecordedLog();
  const upstream = create({ validator: "none", log });
  assert.match(log.entries[0]?.message ?? "", /accepted from anybody/);
  const unsigned = without(MESSAGE, "ce-signature");
  await assertEmpty(await upstream.handle(post(unsigned, "x")), 200);
});

Deno.test("A validator that cannot tell is asked again: 503", async () => {
  const log = new RecordedLog();
  const cause = new Error("no keys");
  const upstream = create({
    log,
    validator: {
      allowsOrigin: () => true,
      validate: () => Promise.reject(cause),
    },
  });
  await assertEmpty(await upstream.handle(post(MESSAGE, "x")), 503);
  assert.equal(log.entries[0]?.fields["cause"], cause);
});

Deno.test("Only events of the hubs that are named are handled, in any case", async () => {
  const upstream = create({ hubs: ["Chat"], handleUserEvent: () => "ok" });
  const response = await upstream.handle(
    post({ ...MESSAGE, "ce-hub": "CHAT" }, "x"),
  );
  assert.equal(await response.text(), "ok");
  const other = post({ ...MESSAGE, "ce-hub": "other" }, "x");
  await assertEmpty(await upstream.handle(other), 404);
  const none = post(without(MESSAGE, "ce-hub"), "x");
  await assertEmpty(await upstream.handle(none), 400);
});

Deno.test("The log says nothing of query, body, keys or tokens", async () => {
  const log = new RecordedLog();
  const upstream = create({ log });
  const headers = {
    ...CONNECT,
    "ce-signature": "sha256=00",
    "Authorization": "Bearer top-secret",
  };
  const url =
    "http://app.test/upstream?code=top-secret&access_token=top-secret";
  await upstream.handle(post(headers, '{"query":"top-secret"}', url));
  await upstream.handle(post(CONNECT, '{"query":"top-secret"}', url));
  await upstream.handle(post(CONNECT, "top-secret", url));
  await upstream.handle(post(userEvent("x", "application/json"), "top-secret"));
  assert.equal(log.entries.length, 4);
  const text = Deno.inspect(log.entries, { depth: 20, strAbbreviateSize: 1e6 });
  assert.ok(!text.includes("top-secret"), text);
  assert.ok(!text.includes(K1));
});
