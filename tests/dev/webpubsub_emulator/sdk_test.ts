/**
 * Microsoft's own clients against the emulator.
 *
 * @module
 */

import assert from "node:assert/strict";
import { WebPubSubServiceClient } from "@azure/web-pubsub";
import {
  WebPubSubClient,
  type WebPubSubClientOptions,
  WebPubSubJsonProtocol,
  WebPubSubJsonReliableProtocol,
} from "@azure/web-pubsub-client";
import { until } from "../../../dev/until.ts";
import { ConnectionRefused } from "event-handler/web-pubsub";
import { type Scene, startScene } from "./_scene.ts";

const ROLES = ["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"];

function serviceClient({ emulator }: Scene): WebPubSubServiceClient {
  return new WebPubSubServiceClient(emulator.connectionString, "chat", {
    allowInsecureConnection: true,
  });
}

/** A client that is stopped at the end. */
async function startClient(
  scene: Scene,
  options: WebPubSubClientOptions = {},
  userId = "me",
): Promise<{ readonly client: WebPubSubClient } & AsyncDisposable> {
  const service = serviceClient(scene);
  const client = new WebPubSubClient({
    getClientAccessUrl: async () =>
      (await service.getClientAccessToken({ userId, roles: ROLES })).url,
  }, { autoReconnect: false, ...options });
  const connected = new Promise((resolve) => client.on("connected", resolve));
  const stopped = new Promise<void>((resolve) =>
    client.on("stopped", () => resolve())
  );
  await client.start();
  await connected;
  return {
    client,
    async [Symbol.asyncDispose]() {
      client.stop();
      await stopped;
    },
  };
}

const PROTOCOLS = {
  plain: WebPubSubJsonProtocol,
  reliable: WebPubSubJsonReliableProtocol,
};

// The clients keep timers of their own after they have stopped.
const OPTIONS = { sanitizeOps: false, sanitizeResources: false };

for (const [name, protocol] of Object.entries(PROTOCOLS)) {
  Deno.test(
    `@azure/web-pubsub-client sends, joins and is answered: ${name}`,
    OPTIONS,
    async () => {
      await using scene = await startScene({
        handlers: {
          handleUserEvent({ data }) {
            if (
              data.connection.eventName === "fail"
            ) throw new ConnectionRefused(400);
            return data.dataType === "binary"
              ? data.content
              : { [data.dataType]: data.content };
          },
        },
      });
      await using one = await startClient(
        scene,
        { protocol: protocol() },
        "one",
      );
      await using two = await startClient(
        scene,
        { protocol: protocol() },
        "two",
      );
      const fromGroup: unknown[] = [];
      const fromServer: unknown[] = [];
      two.client.on("group-message", ({ message }) => {
        const { fromUserId, group, data } = message;
        fromGroup.push([fromUserId, group, data]);
      });
      one.client.on("server-message", ({ message: { dataType, data } }) => {
        fromServer.push([
          dataType,
          data instanceof ArrayBuffer ? [...new Uint8Array(data)] : data,
        ]);
      });
      await two.client.joinGroup("g");
      await one.client.sendToGroup("g", "hé", "text");
      await one.client.sendToGroup("g", { a: 1 }, "json");
      await until("both messages", () => fromGroup.length === 2 || undefined);
      assert.deepEqual(fromGroup, [["one", "g", "hé"], ["one", "g", { a: 1 }]]);
      await one.client.sendEvent("order", "text", "text");
      await one.client.sendEvent("order", [1], "json");
      await one.client.sendEvent(
        "order",
        Uint8Array.of(0, 255).buffer,
        "binary",
      );
      assert.deepEqual(fromServer, [
        ["json", { text: "text" }],
        ["json", { json: [1] }],
        ["binary", [0, 255]],
      ]);
      await assert.rejects(
        one.client.sendEvent("fail", "x", "text"),
        /Failed to send message/,
      );
      await two.client.leaveGroup("g");
      await one.client.sendToGroup("g", "unheard", "text");
      await scene.hub.sendToUser("two", "end");
      assert.equal(fromGroup.length, 2);
    },
  );
}

Deno.test("@azure/web-pubsub-client invokes events", OPTIONS, async () => {
  await using scene = await startScene({
    handlers: {
      handleUserEvent({ data }) {
        if (data.connection.eventName === "fail") {
          throw new ConnectionRefused(400);
        }
        return data.dataType === "json" ? { received: data.content } : "text";
      },
    },
  });
  await using one = await startClient(scene);
  const answer = await one.client.invokeEvent("order", { n: 1 }, "json");
  assert.deepEqual([answer.dataType, answer.data], ["json", {
    received: { n: 1 },
  }]);
  assert.equal(
    (await one.client.invokeEvent("order", "x", "text")).data,
    "text",
  );
  await assert.rejects(one.client.invokeEvent("fail", "x", "text"));
});

Deno.test(
  "@azure/web-pubsub-client comes back after its socket was cut, and misses nothing",
  OPTIONS,
  async () => {
    await using scene = await startScene();
    await using one = await startClient(scene);
    const received: unknown[] = [];
    one.client.on(
      "server-message",
      ({ message }) => received.push(message.data),
    );
    let disconnected = 0;
    one.client.on("disconnected", () => disconnected++);
    await scene.hub.sendToAll("before");
    await until("the first", () => received.length === 1 || undefined);
    // As it looks when the network fails: the client's own socket is cut.
    const { _wsClient } = one.client as unknown as {
      _wsClient: { _socket: { terminate(): void } };
    };
    _wsClient._socket.terminate();
    for (const text of ["while", "away"]) await scene.hub.sendToAll(text);
    await until("all", () => received.length === 3 || undefined);
    assert.deepEqual(received, ["before", "while", "away"]);
    assert.equal(disconnected, 0);
    assert.equal(scene.events("connected").length, 1);
    assert.equal(scene.events("disconnected").length, 0);
  },
);

Deno.test(
  "@azure/web-pubsub-client is told that it may not connect",
  OPTIONS,
  async () => {
    await using scene = await startScene({
      handlers: {
        handleConnect() {
          throw new ConnectionRefused(401, "no");
        },
      },
    });
    await assert.rejects(startClient(scene), (error: unknown) => {
      assert.match(Deno.inspect(error), /401/);
      return true;
    });
  },
);

Deno.test(
  "@azure/web-pubsub calls the emulator's REST API",
  OPTIONS,
  async () => {
    await using scene = await startScene();
    const service = serviceClient(scene);
    await using one = await startClient(scene, {}, "one");
    await using two = await startClient(scene, {}, "two");
    const heard: string[] = [];
    const listen = (name: string, client: WebPubSubClient) =>
      client.on("server-message", ({ message: { data } }) => {
        const text = data instanceof ArrayBuffer
          ? [...new Uint8Array(data)].join()
          : JSON.stringify(data);
        heard.push(`${name} ${text}`);
      });
    listen("one", one.client);
    listen("two", two.client);
    const id = scene.events("connect")[0]?.headers.get("ce-connectionid") ?? "";
    await service.sendToAll({ n: 1 });
    await service.sendToAll("2", {
      contentType: "text/plain",
      excludedConnections: [id],
    });
    await service.sendToUser("one", Uint8Array.of(3).buffer);
    await service.sendToConnection(id, [4]);
    await service.group("g").addConnection(id);
    await service.group("g").sendToAll(5);
    await service.group("g").removeConnection(id);
    await service.group("g").addUser("two");
    await service.group("g").sendToAll(6, { filter: "userId eq 'two'" });
    await service.sendToAll(7, { filter: "'g' in groups" });
    await until("all of them", () => heard.length >= 8 || undefined);
    assert.deepEqual(
      heard.toSorted(),
      [
        "one 3",
        "one [4]",
        "one 5",
        'one {"n":1}',
        'two "2"',
        "two 6",
        "two 7",
        'two {"n":1}',
      ].toSorted(),
    );
    assert.ok(await service.connectionExists(id));
    assert.ok(await service.userExists("two"));
    assert.ok(await service.groupExists("g"));
    await service.removeUserFromAllGroups("two");
    assert.ok(!await service.groupExists("g"));
    await service.addConnectionsToGroups(["h"], "userId eq 'one'").catch(() => {
      // Its client wants an answer that the service does not give.
    });
    assert.ok(await service.groupExists("h"));
    await service.grantPermission(id, "joinLeaveGroup", { targetName: "x" });
    assert.ok(
      await service.hasPermission(id, "joinLeaveGroup", { targetName: "x" }),
    );
    const gone = new Promise<unknown>((resolve) =>
      one.client.on("disconnected", ({ message }) => resolve(message?.message))
    );
    await service.closeConnection(id, { reason: "enough" });
    assert.equal(await gone, "enough");
    assert.ok(!await service.connectionExists(id));
  },
);

Deno.test("Our client calls the emulator's REST API", OPTIONS, async () => {
  await using scene = await startScene();
  const { hub } = scene;
  await using one = await startClient(scene, {}, "one");
  await using two = await startClient(scene, {}, "two");
  const id = scene.events("connect")[0]?.headers.get("ce-connectionid") ?? "";
  await hub.addToGroup("g", { connectionId: id });
  await hub.addToGroup("g", { userId: "two" });
  const members = await Array.fromAsync(hub.listConnections("g"));
  assert.deepEqual(members.map(({ userId }) => userId).toSorted(), [
    "one",
    "two",
  ]);
  await hub.removeFromAllGroups({ userId: "two" });
  await hub.removeFromGroup("g", { connectionId: id });
  assert.equal(await hub.exists({ group: "g" }), false);
  await hub.addConnectionsToGroups(["h", "i"], "userId eq 'one'");
  assert.ok(await hub.exists({ group: "i" }));
  await hub.removeConnectionsFromGroups(["h", "i"], "");
  assert.equal(await hub.exists({ group: "h" }), false);
  await assert.rejects(
    hub.addToGroup("g", { connectionId: "unknown" }),
    { status: 404, code: "NotFound" },
  );
  await assert.rejects(hub.sendToAll("x", { filter: "(" }), { status: 400 });
  const received = new Promise((resolve) =>
    two.client.on("server-message", ({ message }) => resolve(message.data))
  );
  await hub.sendToAll("x", { excluded: [id] });
  assert.equal(await received, "x");
  await hub.closeAll({ reason: "closing", excluded: [id] });
  await until("the end", () => scene.events("disconnected")[0]);
  assert.ok(await hub.exists({ userId: "one" }));
  assert.ok(!await hub.exists({ userId: "two" }));
  void one;
});
