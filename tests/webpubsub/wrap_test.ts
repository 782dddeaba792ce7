import assert from "node:assert/strict";
import { WebPubSubUpstream, type WrapOptions } from "event-handler/web-pubsub";
import {
  CONNECT,
  CONNECT_BODY,
  MESSAGE,
  post,
  RecordedLog,
  without,
} from "./_vectors.ts";

const upstream = new WebPubSubUpstream({
  validator: "none",
  hubs: ["chat"],
  log: new RecordedLog(),
  handleUserEvent: () => "taken",
});

const inner = async (request: Request, extra: string) =>
  new Response(`inner ${extra} ${await request.text()}`);

async function ask(
  options: string | WrapOptions | undefined,
  request: Request,
): Promise<readonly [number, string]> {
  const handler = upstream.wrap(inner, options);
  const response = await handler(request, "info");
  return [response.status, await response.text()];
}

const at = (path: string, headers = MESSAGE) =>
  post(headers, "x", `http://app.test${path}`);

Deno.test("wrap() takes what comes from Web PubSub at its path", async () => {
  assert.deepEqual(await ask("/upstream", at("/upstream")), [200, "taken"]);
  assert.deepEqual(await ask("/upstream", at("/upstream?code=1")), [
    200,
    "taken",
  ]);
  assert.deepEqual(await ask(undefined, at("/anywhere")), [200, "taken"]);
  const path = "/api/{hub}/events/{event}";
  assert.deepEqual(await ask({ path }, at("/api/chat/events/message")), [
    200,
    "taken",
  ]);
});

Deno.test("wrap() passes on what is not from Web PubSub, with all its arguments", async () => {
  const headers = { "content-type": "text/plain" };
  for (const path of ["/upstream", "/other"]) {
    assert.deepEqual(await ask("/upstream", at(path, headers)), [
      200,
      "inner info x",
    ]);
  }
  // CORS has a preflight of its own.
  const cors = new Request("http://app.test/upstream", {
    method: "OPTIONS",
    headers: { "access-control-request-method": "POST" },
  });
  assert.deepEqual(await ask("/upstream", cors), [200, "inner info "]);
  // Other CloudEvents are somebody else's.
  const other = { "ce-type": "com.example.order", "ce-id": "1" };
  assert.deepEqual(await ask("/upstream", at("/upstream", other)), [
    200,
    "inner info x",
  ]);
});

Deno.test("wrap() answers 404 at another path, or passes it on", async () => {
  for (
    const path of ["/", "/upstream/", "/upstream/x", "/Upstream", "/x/upstream"]
  ) {
    assert.deepEqual(await ask("/upstream", at(path)), [404, ""], path);
    const options = { path: "/upstream", elsewhere: "next" } as const;
    assert.deepEqual(await ask(options, at(path)), [200, "inner info x"], path);
  }
  for (const path of ["/a//message", "/a/b/c/message", "/ab/x/message/"]) {
    assert.deepEqual(await ask("/a/{hub}/{event}", at(path)), [404, ""], path);
  }
  assert.throws(() => upstream.wrap(inner, "upstream"), TypeError);
});

Deno.test("wrap() passes on events of other hubs, their bodies unread", async () => {
  const headers = { ...MESSAGE, "ce-hub": "other" };
  assert.deepEqual(await ask("/upstream", at("/upstream", headers)), [
    200,
    "inner info x",
  ]);
});

Deno.test("wrap() refuses whatever names no origin", async () => {
  const headers = without(CONNECT, "webhook-request-origin");
  for (const method of ["OPTIONS", "GET", "POST", "PUT"]) {
    const request = new Request("http://app.test/upstream", {
      method,
      headers,
      ...(method === "POST" ? { body: CONNECT_BODY } : {}),
    });
    assert.deepEqual(await ask("/upstream", request), [
      400,
      "Missing webhook request origin.",
    ]);
  }
});

Deno.test("wrap() answers preflights, and refuses other methods", async () => {
  const handler = upstream.wrap(inner, "/upstream");
  const ask = (method: string) =>
    handler(
      new Request("http://app.test/upstream", {
        method,
        headers: { "WebHook-Request-Origin": "a.test" },
      }),
      "info",
    );
  const preflight = await ask("OPTIONS");
  assert.equal(preflight.headers.get("webhook-allowed-origin"), "*");
  assert.equal((await ask("DELETE")).status, 405);
});
