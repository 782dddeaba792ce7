import assert from "node:assert/strict";
import { until } from "../../../dev/until.ts";
import { sign } from "../../webpubsub/_vectors.ts";
import { DEFAULT_ACCESS_KEY } from "../../../dev/webpubsub_emulator/mod.ts";
import {
  type Scene,
  type SceneOptions,
  startScene,
  TestSocket,
} from "./_scene.ts";

const isMessage = (request: Request) =>
  request.headers.get("ce-eventname") === "message";

/** Answers messages in turn; the last answer stays. */
function answering(...answers: readonly (() => Response)[]): SceneOptions {
  const rest = [...answers];
  return {
    intercept: (request) =>
      isMessage(request)
        ? (rest.length > 1 ? rest.shift() : rest[0])?.()
        : undefined,
  };
}

const status = (code: number, headers: HeadersInit = {}) => () =>
  new Response(null, { status: code, headers });
const ok = () => new Response("ok");

async function connected(scene: Scene): Promise<TestSocket> {
  const socket = new TestSocket(await scene.hub.clientUrl());
  await socket.opened;
  return socket;
}

Deno.test("An event is delivered again after 408 and 5xx, the same each time", async () => {
  for (const code of [408, 500, 503, 599]) {
    await using scene = await startScene(
      answering(status(code), status(code), ok),
    );
    await using socket = await connected(scene);
    socket.send("hi");
    // A body of bytes without a type is bytes.
    assert.equal(await socket.next(), "ok");
    const events = scene.events("message");
    assert.equal(events.length, 3, String(code));
    const same = events.map(({ headers, body }) => [
      headers.get("ce-id"),
      headers.get("ce-connectionid"),
      headers.get("x-ms-client-request-id"),
      body,
    ]);
    assert.deepEqual(same[1], same[0]);
    assert.deepEqual(same[2], same[0]);
  }
});

Deno.test("An event is delivered four times at most", async () => {
  await using scene = await startScene(answering(status(503)));
  await using socket = await connected(scene);
  socket.send("hi");
  assert.equal((await socket.closed).code, 1011);
  assert.equal(scene.events("message").length, 4);
});

Deno.test("An event is not delivered again after other statuses", async () => {
  for (const code of [301, 400, 401, 403, 404, 409, 413, 429]) {
    const headers = { "retry-after": "0", location: "/elsewhere" };
    await using scene = await startScene(answering(status(code, headers), ok));
    await using socket = await connected(scene);
    socket.send("hi");
    assert.equal((await socket.closed).code, 1011, String(code));
    assert.equal(scene.events("message").length, 1, String(code));
  }
});

Deno.test("An event is not delivered again after its time", async () => {
  const gate = Promise.withResolvers<Response>();
  await using scene = await startScene({
    timeout: 100,
    intercept: (request) => isMessage(request) ? gate.promise : undefined,
  });
  await using socket = await connected(scene);
  socket.send("hi");
  assert.equal((await socket.closed).code, 1011);
  gate.resolve(ok());
  await until("its answer", () => scene.events("message")[0]);
  assert.equal(scene.events("message").length, 1);
});

Deno.test("An answer of a type that the service does not know fails the event", async () => {
  const xml = { "content-type": "application/xml" };
  const json = { "content-type": "application/json" };
  for (
    const answer of [
      () => new Response("<a/>", { headers: xml }),
      () => new Response("{", { headers: json }),
    ]
  ) {
    await using scene = await startScene(answering(answer));
    await using socket = await connected(scene);
    socket.send("hi");
    assert.equal((await socket.closed).code, 1011);
  }
});

Deno.test("An answer without a type is bytes, and an empty one is nothing", async () => {
  const bytes = () => new Response(Uint8Array.of(65, 66));
  await using scene = await startScene(
    answering(status(204), () => new Response(""), bytes),
  );
  await using socket = await connected(scene);
  for (const text of ["1", "2", "3"]) socket.send(text);
  assert.deepEqual(await socket.next(), Uint8Array.of(65, 66));
});

Deno.test("An event is signed with both keys", async () => {
  await using scene = await startScene({ secondaryKey: "another-key" });
  await using _socket = await connected(scene);
  const { headers } = await until("it", () => scene.events("connected")[0]);
  const id = headers.get("ce-connectionid") ?? "";
  assert.equal(
    headers.get("ce-signature"),
    `${sign(id, DEFAULT_ACCESS_KEY)},${sign(id, "another-key")}`,
  );
  assert.equal(headers.get("ce-source"), `/hubs/chat/client/${id}`);
  assert.match(
    headers.get("ce-time") ?? "",
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/,
  );
});

Deno.test("Cookies of good answers come back, of this connection only", async () => {
  await using scene = await startScene({
    intercept: (request) =>
      request.headers.get("ce-eventname") === "connect"
        ? new Response(null, {
          status: 204,
          headers: [["set-cookie", "a=1; Path=/"], ["set-cookie", "b=2"]],
        })
        : undefined,
  });
  await using _socket = await connected(scene);
  const first = await until("it", () => scene.events("connected")[0]);
  assert.equal(first.headers.get("cookie"), "a=1; b=2");
  await using _other = await connected(scene);
  assert.equal(scene.events("connect")[1]?.headers.get("cookie"), null);
});

Deno.test("The address is made of hub and event, and asked first with validate", async () => {
  await using scene = await startScene({ path: "/{hub}/on/{event}?code=s" });
  await using socket = await connected(scene);
  socket.send("hi");
  await until("it", () => scene.events("message")[0]);
  const [preflight, connect] = scene.got;
  assert.deepEqual([preflight?.method, preflight?.path], [
    "OPTIONS",
    "/chat/on/validate?code=s",
  ]);
  assert.equal(preflight?.headers.get("webhook-request-origin"), "127.0.0.1");
  assert.equal(preflight?.headers.get("ce-type"), null);
  assert.equal(connect?.path, "/chat/on/connect?code=s");
  const preflights = scene.got.filter(({ method }) => method === "OPTIONS");
  assert.equal(preflights.length, 1);
  assert.ok(!scene.printed.join().includes("code=s"));
});

Deno.test("An upstream that does not allow the origin gets no events", async () => {
  for (
    const [answer, reason] of [
      [status(200), "without WebHook-Allowed-Origin"],
      [
        status(200, { "webhook-allowed-origin": "127.0.0.1.evil.test" }),
        "without",
      ],
      [status(200, { "webhook-allowed-origin": "a, 127.0.0.1" }), "without"],
      [status(405), "405"],
      [status(401), "401"],
    ] as const
  ) {
    await using scene = await startScene({
      intercept: (request) =>
        request.method === "OPTIONS" ? answer() : undefined,
    });
    await using socket = new TestSocket(await scene.hub.clientUrl());
    await assert.rejects(socket.opened, /500/);
    assert.deepEqual(scene.got.map(({ method }) => method), ["OPTIONS"]);
    assert.match(scene.printed.join("\n"), new RegExp(reason));
  }
});

Deno.test("An upstream without OPTIONS is asked with GET; one in trouble is asked again", async () => {
  let troubles = 1;
  await using scene = await startScene({
    intercept: ({ method }) => {
      if (method === "GET") {
        return status(200, { "webhook-allowed-origin": "*" })();
      }
      if (method !== "OPTIONS") return undefined;
      return status(troubles-- > 0 ? 503 : 404)();
    },
  });
  await using _socket = await connected(scene);
  assert.deepEqual(scene.got.slice(0, 4).map(({ method }) => method), [
    "OPTIONS",
    "OPTIONS",
    "GET",
    "POST",
  ]);
});

Deno.test("The first event handler that matches gets an event", async () => {
  const paths: string[] = [];
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    (request) => {
      if (request.method === "OPTIONS") {
        return status(200, { "webhook-allowed-origin": "*" })();
      }
      paths.push(new URL(request.url).pathname);
      return status(204)();
    },
  );
  const at = (path: string) => `http://127.0.0.1:${server.addr.port}${path}`;
  await using scene = await startScene({
    upstream: [
      { url: at("/other"), hub: "other" },
      { url: at("/orders"), userEvents: ["ORDER"], systemEvents: [] },
      {
        url: at("/rest"),
        hub: "CHAT",
        systemEvents: ["connect"],
        groupEvents: ["joined"],
        bearer: () => Promise.resolve("token"),
      },
    ],
  });
  const url = await scene.hub.clientUrl({ groups: ["g"] });
  await using socket = new TestSocket(url, ["json.webpubsub.azure.v1"]);
  await socket.next();
  for (const event of ["order", "more"]) {
    socket.sendJson({
      type: "event",
      event,
      ackId: event.length,
      dataType: "text",
      data: "",
    });
    assert.equal((await socket.nextJson()).success, true);
  }
  assert.deepEqual(paths.toSorted(), ["/orders", "/rest", "/rest", "/rest"]);
});

Deno.test("Without an upstream clients talk to each other, and events are nobody's", async () => {
  await using scene = await startScene({ upstream: [] });
  await using socket = await connected(scene);
  socket.send("hi");
  await scene.hub.sendToAll("there");
  assert.equal(await socket.next(), "there");
  assert.deepEqual(scene.got, []);
});

Deno.test("An answer can be lost, and an answered event delivered again", async () => {
  let runs = 0;
  await using scene = await startScene({
    handlers: { handleUserEvent: () => String(++runs) },
  });
  await using socket = await connected(scene);
  scene.emulator.fault({ kind: "loseAnswer", event: "MESSAGE" });
  socket.send("hi");
  assert.equal(await socket.next(), "2");
  const posted = await fetch(`${scene.emulator.endpoint}/emulator/faults`, {
    method: "POST",
    body: '{"kind":"deliverAgain","event":"message"}',
  });
  assert.equal(posted.status, 204);
  socket.send("hi");
  assert.equal(await socket.next(), "3");
  socket.send("hi");
  assert.equal(await socket.next(), "5");
  const ids = scene.events("message").map(({ headers }) =>
    headers.get("ce-id")
  );
  assert.deepEqual([ids[0], ids[2]], [ids[1], ids[3]]);
  for (
    const body of ["", "{}", '{"kind":"x"}', '{"kind":"loseAnswer","count":0}']
  ) {
    const response = await fetch(`${scene.emulator.endpoint}/emulator/faults`, {
      method: "POST",
      body,
    });
    assert.equal(response.status, 400);
    await response.body?.cancel();
  }
});

Deno.test("All that passes is printed, and no token with it", async () => {
  await using scene = await startScene({
    handlers: { handleUserEvent: () => "answer" },
  });
  await using socket = await connected(scene);
  socket.send("question");
  await socket.next();
  const text = scene.printed.join("\n");
  assert.match(text, /→ chat\/\w+ message #\d POST http:\S+ question/);
  assert.match(text, /← chat\/\w+ message #\d 200 in \d+ ms answer/);
  assert.ok(!text.includes("access_token"));
  assert.ok(!text.includes("eyJ"));
});
