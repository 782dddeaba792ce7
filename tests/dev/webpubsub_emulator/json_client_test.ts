import assert from "node:assert/strict";
import { until } from "../../../dev/until.ts";
import { ConnectionRefused, reply } from "event-handler/web-pubsub";
import {
  JSON_PROTOCOL,
  RELIABLE_PROTOCOL,
  type Scene,
  startScene,
  TestSocket,
} from "./_scene.ts";

const ALL = ["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"];

async function connect(
  { hub }: Scene,
  userId = "me",
  roles: readonly string[] = ALL,
): Promise<TestSocket> {
  const url = await hub.clientUrl({ userId, roles });
  return new TestSocket(url, [JSON_PROTOCOL]);
}

Deno.test("A JSON client is told who it is, and pings", async () => {
  await using scene = await startScene();
  await using socket = await connect(scene);
  const { connectionId, ...connected } = await socket.nextJson();
  assert.equal(socket.protocol, JSON_PROTOCOL);
  assert.deepEqual(connected, {
    type: "system",
    event: "connected",
    userId: "me",
  });
  assert.match(connectionId, /^\w{32}$/);
  socket.sendJson({ type: "ping" });
  assert.deepEqual(await socket.nextJson(), { type: "pong" });
});

Deno.test("JSON clients talk to each other in groups", async () => {
  await using scene = await startScene();
  await using one = await connect(scene, "one");
  await using two = await connect(scene, "two");
  await Promise.all([one.next(), two.next()]);
  for (const socket of [one, two]) {
    socket.sendJson({ type: "joinGroup", group: "g", ackId: 1 });
    assert.deepEqual(await socket.nextJson(), {
      type: "ack",
      ackId: 1,
      success: true,
    });
  }
  const joined = await until("joined", () => scene.events("joined")[1]);
  assert.equal(joined.body, '{"group":"g"}');
  const send = {
    type: "sendToGroup",
    group: "g",
    dataType: "json",
    data: { a: 1 },
  };
  one.sendJson(send);
  const message = {
    type: "message",
    from: "group",
    group: "g",
    fromUserId: "one",
    dataType: "json",
    data: { a: 1 },
  };
  assert.deepEqual(await two.nextJson(), message);
  assert.deepEqual(await one.nextJson(), message);
  one.sendJson({ ...send, noEcho: true, ackId: 2 });
  assert.deepEqual(await one.nextJson(), {
    type: "ack",
    ackId: 2,
    success: true,
  });
  assert.deepEqual(await two.nextJson(), message);
  two.sendJson({ type: "leaveGroup", group: "g" });
  await until("left", () => scene.events("left")[0]);
  const bytes = { dataType: "binary", data: "AP8=" };
  one.sendJson({ type: "sendToGroup", group: "g", ...bytes });
  assert.deepEqual(await one.nextJson(), { ...message, ...bytes });
});

Deno.test("A JSON client may do with groups what its roles say", async () => {
  await using scene = await startScene();
  await using socket = await connect(scene, "me", [
    "webpubsub.joinLeaveGroup.g",
  ]);
  const { connectionId } = await socket.nextJson();
  const ask = async (frame: object) => {
    socket.sendJson(frame);
    const { success, error } = await socket.nextJson();
    return success ? "ok" : error.name;
  };
  const send = { type: "sendToGroup", group: "g", dataType: "text", data: "x" };
  assert.equal(await ask({ type: "joinGroup", group: "g", ackId: 1 }), "ok");
  assert.equal(
    await ask({ type: "joinGroup", group: "h", ackId: 2 }),
    "Forbidden",
  );
  assert.equal(await ask({ ...send, noEcho: true, ackId: 3 }), "Forbidden");
  await scene.hub.grantPermission(connectionId, "sendToGroup", "g");
  assert.ok(await scene.hub.hasPermission(connectionId, "sendToGroup", "g"));
  assert.equal(await ask({ ...send, noEcho: true, ackId: 3 }), "ok");
  await scene.hub.revokePermission(connectionId, "sendToGroup", "g");
  assert.ok(!await scene.hub.hasPermission(connectionId, "sendToGroup", "g"));
  assert.equal(await ask({ ...send, noEcho: true, ackId: 4 }), "Forbidden");
});

Deno.test("Events of a JSON client reach the upstream in their type, one after the other", async () => {
  let running = 0;
  await using scene = await startScene({
    handlers: {
      async handleUserEvent({ data }) {
        assert.equal(++running, 1);
        // Long enough for the next one to come, if it did not wait.
        await new Promise((resolve) => setTimeout(resolve, 20));
        running--;
        const { dataType, content } = data;
        return reply(content, { dataType, metadata: { n: "1" } });
      },
    },
  });
  await using socket = await connect(scene);
  await socket.next();
  const events = [
    { dataType: "text", data: "é" },
    { dataType: "json", data: [1, null] },
    { dataType: "binary", data: "AP8=" },
  ];
  for (const [ackId, event] of events.entries()) {
    socket.sendJson({ type: "event", event: "Order", ackId, ...event });
  }
  for (const [ackId, event] of events.entries()) {
    assert.deepEqual(await socket.nextJson(), {
      type: "message",
      from: "server",
      ...event,
      metadata: { n: "1" },
    });
    assert.deepEqual(await socket.nextJson(), {
      type: "ack",
      ackId,
      success: true,
    });
  }
  const [first] = scene.events("Order");
  assert.equal(first?.headers.get("ce-type"), "azure.webpubsub.user.Order");
  assert.equal(first?.headers.get("ce-subprotocol"), JSON_PROTOCOL);
});

Deno.test("An event that fails is told by its ack, and may come again under its id", async () => {
  let isBroken = true;
  await using scene = await startScene({
    handlers: {
      handleUserEvent() {
        if (isBroken) throw new ConnectionRefused(400, "secret detail");
      },
    },
  });
  await using socket = await connect(scene);
  await socket.next();
  const event = {
    type: "event",
    event: "x",
    ackId: 7,
    dataType: "text",
    data: "",
  };
  socket.sendJson(event);
  const { success, error } = await socket.nextJson();
  assert.deepEqual([success, error.name], [false, "InternalServerError"]);
  assert.ok(!error.message.includes("secret"));
  isBroken = false;
  socket.sendJson(event);
  assert.equal((await socket.nextJson()).success, true);
  socket.sendJson(event);
  assert.equal((await socket.nextJson()).error.name, "Duplicate");
  assert.equal(scene.events("x").length, 2);
});

Deno.test("A JSON client that breaks the protocol is closed", async () => {
  await using scene = await startScene();
  for (
    const [frame, code] of [
      [Uint8Array.of(1), 1003],
      ["{", 1007],
      ["null", 1007],
      ['{"type":"unknown"}', 1007],
      ['{"type":"joinGroup"}', 1007],
      ['{"type":"joinGroup","group":" "}', 1007],
      ['{"type":"joinGroup","group":"g","ackId":-1}', 1007],
      ['{"type":"event","event":"a b","dataType":"text","data":""}', 1007],
      ['{"type":"event","event":"a","dataType":"text","data":1}', 1007],
      ['{"type":"event","event":"a","dataType":"binary","data":"!"}', 1007],
      ['{"type":"event","event":"a","dataType":"other","data":1}', 1007],
      [
        '{"type":"sendToGroup","group":"g","dataType":"text","data":"","ttlSeconds":301}',
        1007,
      ],
    ] as const
  ) {
    await using socket = await connect(scene);
    await socket.next();
    socket.send(frame);
    const last = await socket.nextJson();
    assert.deepEqual([last.type, last.event], ["system", "disconnected"]);
    assert.equal((await socket.closed).code, code, String(frame));
  }
  // What is too large, and what is no text.
  await using large = await connect(scene);
  await large.next();
  large.send("x".repeat(1_100_000));
  assert.equal((await large.closed).code, 1009);
});

Deno.test("A reliable client that was cut off gets what it missed, once", async () => {
  await using scene = await startScene();
  const url = await scene.hub.clientUrl({ userId: "me", roles: ALL });
  const one = new TestSocket(url, [RELIABLE_PROTOCOL]);
  const { connectionId, reconnectionToken } = await one.nextJson();
  await scene.hub.sendToAll("first");
  await scene.hub.sendToAll("second");
  assert.deepEqual(await one.nextJson(), {
    type: "message",
    from: "server",
    dataType: "text",
    data: "first",
    sequenceId: 1,
  });
  one.sendJson({ type: "sequenceAck", sequenceId: 1 });
  one.sendJson({ type: "ping" });
  assert.equal((await one.nextJson()).data, "second");
  assert.equal((await one.nextJson()).type, "pong");
  const back = (token: string) => {
    const query =
      `awps_connection_id=${connectionId}&awps_reconnection_token=${token}`;
    return `${url.split("?")[0]}?${query}`;
  };
  // The old connection is given up for the new one.
  await using two = new TestSocket(back(reconnectionToken), [
    RELIABLE_PROTOCOL,
  ]);
  await one.closed;
  const again = await two.nextJson();
  assert.deepEqual([again.event, again.connectionId], [
    "connected",
    connectionId,
  ]);
  assert.equal((await two.nextJson()).data, "second");
  await scene.hub.sendToAll("third");
  assert.deepEqual(await two.nextJson(), {
    type: "message",
    from: "server",
    dataType: "text",
    data: "third",
    sequenceId: 3,
  });
  // A token is good for one time.
  await using three = new TestSocket(back(reconnectionToken), [
    RELIABLE_PROTOCOL,
  ]);
  assert.equal((await three.closed).code, 1008);
  assert.equal(scene.events("connected").length, 1);
  assert.equal(scene.events("disconnected").length, 0);
});

Deno.test("A reliable client that does not come back is gone for good", async () => {
  await using scene = await startScene({ recoveryTime: 20 });
  const url = await scene.hub.clientUrl();
  await using socket = new TestSocket(url, [RELIABLE_PROTOCOL]);
  const { connectionId } = await socket.nextJson();
  // As it looks when the network fails: no goodbye.
  socket.send("x".repeat(1_100_000));
  await socket.closed;
  const gone = await until("the end", () => scene.events("disconnected")[0]);
  assert.match(gone.body, /did not come back/);
  assert.equal(await scene.hub.exists({ connectionId }), false);
});

Deno.test("A reliable client that says goodbye is gone at once", async () => {
  await using scene = await startScene();
  {
    const url = await scene.hub.clientUrl();
    await using socket = new TestSocket(url, [RELIABLE_PROTOCOL]);
    await socket.next();
  }
  await until("the end", () => scene.events("disconnected")[0]);
});

Deno.test("A reliable client that acknowledges nothing is closed in the end", async () => {
  await using scene = await startScene();
  const url = await scene.hub.clientUrl();
  await using socket = new TestSocket(url, [RELIABLE_PROTOCOL]);
  await socket.next();
  const large = "x".repeat(1_000_000);
  for (let count = 0; count < 17; count++) await scene.hub.sendToAll(large);
  assert.equal((await socket.closed).code, 1008);
});
