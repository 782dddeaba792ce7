import assert from "node:assert/strict";
import { Hono } from "hono";
import {
  AccessKeyValidator,
  ConnectionRefused,
  WebPubSubUpstream,
} from "event-handler/web-pubsub";
import {
  CONNECT,
  CONNECT_BODY,
  CONNECTED,
  connectionString,
  K1,
  MESSAGE,
  ORIGIN,
  post,
  RecordedLog,
} from "./_vectors.ts";

const upstream = new WebPubSubUpstream({
  validator: new AccessKeyValidator(connectionString(K1)),
  log: new RecordedLog(),
  handleConnect({ data }) {
    const user = data.query["id"]?.[0];
    if (user === undefined) throw new ConnectionRefused(401, "no user");
    data.state.set("user", user);
    return { userId: user };
  },
  handleUserEvent: ({ data }) =>
    data.dataType === "text" ? data.content.toUpperCase() : undefined,
});

/** As a route, and in front of everything. */
const routed = new Hono()
  .all("/upstream", (context) => upstream.handle(context.req.raw))
  .get("/", (context) => context.text("Hono"));
const inner = new Hono<{ Bindings: { readonly who: string } }>()
  .get("/", (context) => context.text("Hono"))
  .get("/who", (context) => context.text(context.env.who));
const wrapped = upstream.wrap(inner.fetch, "/upstream");

Deno.test("The library answers in Hono, as a route and in front of it", async () => {
  const servers = {
    routed: (request: Request) => Promise.resolve(routed.fetch(request)),
    wrapped: (request: Request) => wrapped(request, { who: "env" }),
  };
  for (const [name, fetch] of Object.entries(servers)) {
    const connect = await fetch(post(CONNECT, CONNECT_BODY));
    assert.equal(connect.status, 200, name);
    assert.ok(connect.headers.has("ce-connectionstate"));
    assert.deepEqual(await connect.json(), { userId: "u7" });
    const refused = await fetch(post(CONNECT, "{}"));
    assert.deepEqual([refused.status, await refused.text()], [401, "no user"]);
    const message = await fetch(post(MESSAGE, "hi"));
    assert.equal(await message.text(), "HI");
    assert.equal((await fetch(post(CONNECTED, "{}"))).status, 200);
    const preflight = await fetch(
      new Request("http://app.test/upstream", {
        method: "OPTIONS",
        headers: { "WebHook-Request-Origin": ORIGIN },
      }),
    );
    assert.equal(preflight.headers.get("webhook-allowed-origin"), ORIGIN);
    const home = await fetch(new Request("http://app.test/"));
    assert.equal(await home.text(), "Hono");
  }
  const who = await wrapped(new Request("http://app.test/who"), { who: "env" });
  assert.equal(await who.text(), "env");
});

Deno.test("The library answers over a port of Deno's, with Hono behind it", async () => {
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    (request) => wrapped(request, { who: "env" }),
  );
  const base = `http://127.0.0.1:${server.addr.port}`;
  const send = (headers: Readonly<Record<string, string>>, body: string) =>
    fetch(`${base}/upstream`, { method: "POST", headers, body });
  const connect = await send(CONNECT, CONNECT_BODY);
  assert.deepEqual(await connect.json(), { userId: "u7" });
  const message = await send(MESSAGE, "hi");
  assert.equal(await message.text(), "HI");
  const home = await fetch(base);
  assert.equal(await home.text(), "Hono");
});
