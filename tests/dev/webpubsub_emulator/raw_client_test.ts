import assert from "node:assert/strict";
import { until } from "../../../dev/until.ts";
import { ConnectionRefused } from "event-handler/web-pubsub";
import { startScene, TestSocket } from "./_scene.ts";

Deno.test("A client without a subprotocol sends frames and gets answers of each kind", async () => {
  await using scene = await startScene({
    handlers: {
      handleUserEvent({ data }) {
        if (data.dataType === "binary") return data.content;
        if (data.content === "json") return { a: 1 };
        if (data.content === "nothing") return;
        return data.dataType === "text"
          ? data.content.toUpperCase()
          : undefined;
      },
    },
  });
  await using socket = new TestSocket(
    await scene.hub.clientUrl({ userId: "me" }),
  );
  await socket.opened;
  socket.send("hé");
  assert.equal(await socket.next(), "HÉ");
  socket.send("nothing");
  socket.send("json");
  assert.equal(await socket.next(), '{"a":1}');
  socket.send(Uint8Array.of(0, 255));
  assert.deepEqual(await socket.next(), Uint8Array.of(0, 255));
  const [first] = scene.events("message");
  assert.equal(first?.headers.get("content-type"), "text/plain; charset=utf-8");
  assert.equal(
    scene.events("message").at(-1)?.headers.get("content-type"),
    "application/octet-stream",
  );
});

Deno.test("A connect says who the client is before it is let in", async () => {
  await using scene = await startScene({
    handlers: {
      handleConnect({ data }) {
        data.state.set("n", 1);
        return { userId: "客", groups: ["g1"], roles: [] };
      },
      handleUserEvent({ data: { state, connection } }) {
        const n = Number(state.get("n")) + 1;
        state.set("n", n);
        return { n, userId: connection.userId ?? null };
      },
    },
  });
  const url = await scene.hub.clientUrl({ userId: "me", groups: ["g0"] });
  await using socket = new TestSocket(`${url}&room=r1&room=r2`, ["mine"]);
  await socket.opened;
  const [connect] = scene.events("connect");
  const body = JSON.parse(connect?.body ?? "");
  assert.deepEqual(body.query, { room: ["r1", "r2"] });
  assert.deepEqual(body.claims.sub, ["me"]);
  assert.deepEqual(body.claims["webpubsub.group"], ["g0"]);
  assert.deepEqual(body.subprotocols, ["mine"]);
  assert.equal(body.headers.authorization, undefined);
  const { headers } = connect ?? { headers: new Headers() };
  assert.equal(headers.get("ce-id"), "0");
  assert.equal(headers.get("content-type"), "application/json");
  assert.equal(headers.get("ce-subprotocol"), null);
  assert.equal(headers.get("ce-connectionstate"), null);
  assert.equal(headers.get("webhook-request-origin"), "127.0.0.1");
  socket.send("x");
  assert.equal(await socket.next(), '{"n":2,"userId":"客"}');
  socket.send("x");
  assert.equal(await socket.next(), '{"n":3,"userId":"客"}');
  await scene.hub.sendToGroup("g1", "to g1");
  await scene.hub.sendToGroup("g0", "to g0");
  await scene.hub.sendToAll("to all");
  assert.equal(await socket.next(), "to g1");
  assert.equal(await socket.next(), "to all");
});

Deno.test("A connect that is refused gives the client the status", async () => {
  await using scene = await startScene({
    handlers: {
      handleConnect({ data }) {
        throw new ConnectionRefused(Number(data.query["status"]?.[0]), "no");
      },
    },
  });
  const url = await scene.hub.clientUrl();
  for (const status of [401, 403, 429]) {
    await using socket = new TestSocket(`${url}&status=${status}`);
    await assert.rejects(socket.opened, new RegExp(`${status}`));
  }
  // One delivery each, and no end for what never began.
  assert.equal(scene.events("connect").length, 3);
  assert.equal(scene.events("disconnected").length, 0);
});

Deno.test("A connect whose answer makes no sense gives the client 500", async () => {
  const answers = [
    "{",
    '{"groups":[""]}',
    '{"groups":[null]}',
    '{"roles":[null]}',
    "[]x",
  ];
  await using scene = await startScene({
    intercept: (request) =>
      request.headers.get("ce-eventname") === "connect"
        ? new Response(answers.shift())
        : undefined,
  });
  const url = await scene.hub.clientUrl();
  while (answers.length > 0) {
    await using socket = new TestSocket(url);
    await assert.rejects(socket.opened, /500/);
  }
});

Deno.test("A client whose token is not right is not let in", async () => {
  await using scene = await startScene();
  const { endpoint } = scene.emulator;
  const base = `${endpoint.replace("http", "ws")}/client/hubs/chat`;
  const url = await scene.hub.clientUrl();
  const [, token = ""] = url.split("access_token=");
  for (
    const [address, status] of [
      [base, 401],
      [`${base}?access_token=x`, 401],
      [`${url}x`, 401],
      [`${base.replace("chat", "other")}?access_token=${token}`, 401],
      [`${base.replace("chat", "1")}?access_token=${token}`, 400],
      [`${base}/more?access_token=${token}`, 404],
      [await scene.hub.clientUrl({ groups: [" "] }), 400],
    ] as const
  ) {
    await using socket = new TestSocket(address);
    await assert.rejects(socket.opened, new RegExp(`${status}`), address);
  }
  const plain = await fetch(url.replace("ws", "http"));
  await plain.body?.cancel();
  assert.equal(plain.status, 400);
  // The hub in the query, in another case, is the same.
  await using socket = new TestSocket(
    `${base.replace("/hubs/chat", "")}?hub=CHAT&access_token=${token}`,
  );
  await socket.opened;
  assert.equal(scene.events("connect")[0]?.headers.get("ce-hub"), "chat");
});

Deno.test("Clients come without a token where that is allowed", async () => {
  await using scene = await startScene({ allowAnonymous: true });
  const base = scene.emulator.endpoint.replace("http", "ws");
  await using socket = new TestSocket(`${base}/client/hubs/chat`);
  await socket.opened;
  assert.equal(scene.events("connect")[0]?.headers.get("ce-userid"), null);
});

Deno.test("A message that cannot be handled closes the connection with 1011", async () => {
  await using scene = await startScene({
    handlers: {
      handleUserEvent() {
        throw new ConnectionRefused(400, "secret detail");
      },
    },
  });
  await using socket = new TestSocket(await scene.hub.clientUrl());
  await socket.opened;
  socket.send("x");
  const { code, reason } = await socket.closed;
  assert.deepEqual([code, reason], [1011, "Message could not be handled"]);
  assert.equal(scene.events("message").length, 1);
  await until("the end", () => scene.events("disconnected")[0]);
});

Deno.test("The upstream hears who is connected and who is gone", async () => {
  await using scene = await startScene();
  {
    await using socket = new TestSocket(
      await scene.hub.clientUrl({ userId: "me" }),
    );
    await socket.opened;
    const connected = await until(
      "connected",
      () => scene.events("connected")[0],
    );
    assert.equal(connected.body, "{}");
    assert.equal(connected.headers.get("ce-id"), "1");
    assert.equal(connected.headers.get("ce-userid"), "me");
  }
  const gone = await until(
    "disconnected",
    () => scene.events("disconnected")[0],
  );
  assert.deepEqual(JSON.parse(gone.body), { reason: "Closed with 1000" });
  assert.equal(gone.headers.get("ce-id"), "2");
});

Deno.test("The pending event of a client that leaves is aborted", async () => {
  const started = Promise.withResolvers<void>();
  const aborted = Promise.withResolvers<void>();
  await using scene = await startScene({
    handlers: {
      handleUserEvent: (_, signal) =>
        new Promise<void>((resolve) => {
          started.resolve();
          signal.addEventListener("abort", () => {
            aborted.resolve();
            resolve();
          });
        }),
    },
  });
  {
    await using socket = new TestSocket(await scene.hub.clientUrl());
    await socket.opened;
    socket.send("x");
    await started.promise;
  }
  await aborted.promise;
  await until("the end", () => scene.events("disconnected")[0]);
});

Deno.test("A client can send to a group instead of to the upstream", async () => {
  await using scene = await startScene();
  const groups = ["g"];
  const url = await scene.hub.clientUrl({
    roles: ["webpubsub.sendToGroup.g"],
    groups,
  });
  await using other = new TestSocket(await scene.hub.clientUrl({ groups }));
  await using sender = new TestSocket(
    `${url}&webpubsub_mode=x&webpubsub_mode=sendToGroup&group=g&noEcho=true`,
  );
  await Promise.all([other.opened, sender.opened]);
  sender.send("hi");
  assert.equal(await other.next(), "hi");
  await scene.hub.sendToAll("later");
  assert.equal(await sender.next(), "later");
  assert.equal(scene.events("message").length, 0);
  await using stranger = new TestSocket(
    `${await scene.hub.clientUrl()}&webpubsub_mode=sendToGroup&group=g`,
  );
  assert.equal((await stranger.closed).code, 1008);
});
