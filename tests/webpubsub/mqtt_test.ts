import assert from "node:assert/strict";
import {
  ConnectionRefused,
  reply,
  type UpstreamOptions,
  WebPubSubUpstream,
} from "event-handler/web-pubsub";
import {
  mqttCodeOf,
  statusOfMqttCode,
} from "../../lib/webpubsub/mqtt_codes.ts";
import {
  CONNECT,
  DISCONNECTED,
  post,
  RecordedLog,
  userEvent,
} from "./_vectors.ts";

const MQTT = { "ce-physicalConnectionId": "phy-9f2c" };

function create(options: Partial<UpstreamOptions> = {}): WebPubSubUpstream {
  const log = new RecordedLog();
  return new WebPubSubUpstream({ validator: "none", log, ...options });
}

function connect(protocolVersion: number, more: object = {}): Request {
  const mqtt = { protocolVersion, ...more };
  return post({ ...CONNECT, ...MQTT }, JSON.stringify({ claims: {}, mqtt }));
}

async function refuse(
  refusal: ConnectionRefused,
  version: number,
): Promise<readonly [number, unknown]> {
  const upstream = create({
    handleConnect() {
      throw refusal;
    },
  });
  const response = await upstream.handle(connect(version));
  assert.match(
    response.headers.get("content-type") ?? "",
    /^application\/json/,
  );
  return [response.status, await response.json()];
}

Deno.test("An MQTT connect tells what the client said in its CONNECT", async () => {
  const upstream = create();
  const body = JSON.stringify({
    clientCertificates: [{ thumbprint: "AB", content: "PEM" }],
    mqtt: {
      protocolVersion: 5,
      username: "me",
      password: "cHc=",
      cleanStart: true,
      userProperties: [{ name: "a", value: "b" }, { name: 1 }],
      fromTheFuture: 1,
    },
  });
  const headers = { ...CONNECT, ...MQTT };
  const request = await upstream.fromHttp(headers, body);
  assert.ok(request.kind === "connect");
  assert.deepEqual(request.data.mqtt, {
    protocolVersion: 5,
    username: "me",
    password: "cHc=",
    cleanStart: true,
    userProperties: [{ name: "a", value: "b" }],
  });
  assert.deepEqual(request.data.connection.mqtt, {
    physicalConnectionId: "phy-9f2c",
    userProperties: [],
  });
  const bare =
    '{"mqtt":{"protocolVersion":4,"username":null,"userProperties":null}}';
  const old = await upstream.fromHttp(headers, bare);
  assert.ok(old.kind === "connect");
  assert.deepEqual(old.data.mqtt, { protocolVersion: 4, userProperties: [] });
});

Deno.test("An MQTT connect is accepted with or without a mqtt member", async () => {
  const userProperties = [{ name: "a", value: "b" }];
  for (const answer of [{ userId: "u" }, { mqtt: { userProperties } }]) {
    const upstream = create({ handleConnect: () => answer });
    const response = await upstream.handle(connect(5));
    assert.deepEqual([response.status, await response.json()], [200, answer]);
  }
  assert.equal((await create().handle(connect(5))).status, 204);
});

Deno.test("An MQTT connect is refused with a code of the client's version", async () => {
  for (
    const [status, version, code] of [
      [400, 4, 4],
      [401, 4, 5],
      [403, 4, 3],
      [400, 5, 134],
      [401, 5, 135],
      [403, 5, 128],
      [401, 3, 1],
    ] as const
  ) {
    assert.deepEqual(
      await refuse(new ConnectionRefused(status, "no"), version),
      [status, { mqtt: { code, reason: "no" } }],
    );
  }
});

Deno.test("An MQTT connect is refused with exactly what the handler says", async () => {
  const banned = new ConnectionRefused(403, "banned", { mqtt: { code: 138 } });
  assert.deepEqual(await refuse(banned, 5), [403, { mqtt: { code: 138 } }]);
  const forMqtt = ConnectionRefused.forMqtt({ code: 138 });
  assert.deepEqual(await refuse(forMqtt, 5), [403, { mqtt: { code: 138 } }]);
  const mqtt = {
    code: 134,
    reason: "bad password",
    userProperties: [{ name: "a", value: "b" }],
  };
  assert.deepEqual(await refuse(ConnectionRefused.forMqtt(mqtt), 5), [401, {
    mqtt,
  }]);
  // Trouble of the server: the client is to be told now, and not after retries.
  const busy = { code: 137 };
  assert.deepEqual(await refuse(ConnectionRefused.forMqtt(busy), 5), [
    400,
    { mqtt: busy },
  ]);
});

Deno.test("A client of another protocol gets the status and the detail", async () => {
  const upstream = create({
    handleConnect() {
      throw new ConnectionRefused(403, "banned", { mqtt: { code: 138 } });
    },
  });
  const response = await upstream.handle(post(CONNECT, "{}"));
  assert.deepEqual([response.status, await response.text()], [403, "banned"]);
});

Deno.test("MQTT's codes and HTTP's statuses map as in Microsoft's libraries", () => {
  const codes: Readonly<Record<number, readonly number[]>> = {
    400: [1, 2, 129, 131, 132, 133, 140, 144, 149, 153, 154, 155],
    401: [4, 5, 134, 135],
    403: [138],
    429: [151, 159],
    500: [128, 136, 137, 156, 157, 130, 0, 255],
    503: [3],
  };
  for (const [status, all] of Object.entries(codes)) {
    for (const code of all) {
      assert.equal(statusOfMqttCode(code), Number(status));
    }
  }
  assert.deepEqual([400, 401, 500].map((each) => mqttCodeOf(each, 4)), [
    4,
    5,
    3,
  ]);
  assert.deepEqual([400, 401, 500].map((each) => mqttCodeOf(each, 5)), [
    134,
    135,
    128,
  ]);
  assert.equal(mqttCodeOf(401, 6), 1);
});

Deno.test("An MQTT disconnect tells who ended it", async () => {
  const upstream = create();
  const read = async (mqtt: unknown) => {
    const body = JSON.stringify({ reason: "bye", mqtt });
    const request = await upstream.fromHttp({ ...DISCONNECTED, ...MQTT }, body);
    assert.ok(request.kind === "disconnected");
    return request.data.mqtt;
  };
  const userProperties = [{ name: "a", value: "b" }];
  const packet = { code: 4, userProperties };
  assert.deepEqual(
    await read({ initiatedByClient: true, disconnectPacket: packet }),
    { initiatedByClient: true, disconnectPacket: packet },
  );
  assert.deepEqual(
    await read({ initiatedByClient: false, disconnectPacket: null }),
    { initiatedByClient: false },
  );
  assert.equal(await read(null), undefined);
});

Deno.test("An MQTT message keeps its type, and user properties go both ways", async () => {
  const upstream = create({
    handleUserEvent({ data }) {
      assert.ok(data.dataType === "binary");
      const { connection, content, contentType } = data;
      assert.deepEqual(connection.mqtt, {
        physicalConnectionId: "phy-9f2c",
        sessionId: "ses-77",
        userProperties: [{ name: "trace", value: "42" }],
      });
      return reply(content, {
        contentType,
        userProperties: connection.mqtt?.userProperties ?? [],
      });
    },
  });
  const response = await upstream.handle(post({
    ...userEvent("order", "application/xml"),
    ...MQTT,
    "ce-sessionId": "ses-77",
    "mqtt-trace": "42",
  }, "<a/>"));
  assert.equal(response.headers.get("content-type"), "application/xml");
  assert.equal(response.headers.get("mqtt-trace"), "42");
  assert.equal(await response.text(), "<a/>");
});
