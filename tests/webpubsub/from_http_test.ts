import assert from "node:assert/strict";
import fc from "fast-check";
import {
  AccessKeyValidator,
  HeaderNotFound,
  InvalidConnectRequestError,
  InvalidEventNameError,
  InvalidEventTypeError,
  InvalidUserEventError,
  type ServiceRequest,
  UpstreamError,
  ValidationFailedError,
  WebPubSubUpstream,
} from "event-handler/web-pubsub";
import {
  after,
  CONNECT,
  CONNECT_BODY,
  CONNECTED,
  connectionString,
  DISCONNECTED,
  JOINED,
  K1,
  LEFT,
  MESSAGE,
  ORIGIN,
  RecordedLog,
  userEvent,
  without,
} from "./_vectors.ts";

const upstream = new WebPubSubUpstream({
  validator: new AccessKeyValidator(connectionString(K1)),
  log: new RecordedLog(),
});

async function read<K extends ServiceRequest["kind"]>(
  kind: K,
  headers: Readonly<Record<string, string>>,
  body: string | Uint8Array,
): Promise<Extract<ServiceRequest, { readonly kind: K }>> {
  const request = await upstream.fromHttp(headers, body);
  assert.equal(request.kind, kind);
  return request as Extract<ServiceRequest, { readonly kind: K }>;
}

async function refused<E extends UpstreamError>(
  // deno-lint-ignore no-explicit-any -- any constructor
  type: new (...args: any[]) => E,
  headers: Readonly<Record<string, string>>,
  body: string | Uint8Array = "{}",
): Promise<E> {
  try {
    await upstream.fromHttp(headers, body);
  } catch (error) {
    assert.ok(error instanceof type, `${error}`);
    assert.ok(error instanceof UpstreamError);
    assert.equal(error.name, type.name);
    return error;
  }
  throw new Error("Nothing was thrown");
}

const plain = (value: unknown) => JSON.parse(JSON.stringify(value));

Deno.test("fromHttp() reads connect", async () => {
  const body = JSON.stringify({
    claims: { sub: ["user1", "user2"], one: "text" },
    query: { room: ["r1"], access_token: ["secret"] },
    headers: { Connection: ["Upgrade"], authorization: ["Bearer secret"] },
    subprotocols: ["protocol1", "protocol2"],
    clientCertificates: [{ thumbprint: "AB" }, {
      thumbprint: "CD",
      content: "PEM",
    }],
    fromTheFuture: [{}],
  });
  const request = await read("connect", CONNECT, body);
  const { data } = request;
  assert.equal(request.isBlocking, true);
  assert.equal(request.connectionId, "conn-0001");
  assert.equal(request.hub, "chat");
  assert.equal(request.id, "0");
  assert.equal(request.webhookRequestOrigin, ORIGIN);
  assert.deepEqual(plain(request.connectionState), {});
  assert.deepEqual(plain(data.claims), {
    sub: ["user1", "user2"],
    one: ["text"],
  });
  assert.deepEqual(plain(data.query), { room: ["r1"] });
  assert.deepEqual(plain(data.headers), { Connection: ["Upgrade"] });
  assert.deepEqual(data.subprotocols, ["protocol1", "protocol2"]);
  assert.deepEqual(data.clientCertificates, [
    { thumbprint: "AB" },
    { thumbprint: "CD", content: "PEM" },
  ]);
  assert.equal(data.mqtt, undefined);
  assert.equal(data.connection.mqtt, undefined);
  assert.equal(data.connection.userId, undefined);
  assert.equal(data.connection.eventName, "connect");
  assert.equal(request.context.eventType, "azure.webpubsub.sys.connect");
  assert.equal(request.context.headers.get("ce-time"), "2021-01-01T00:00:00Z");
});

Deno.test("fromHttp() reads a connect that says nothing, in any content type", async () => {
  const headers = { ...CONNECT, "Content-Type": "text/plain" };
  for (const body of ["{}", '\ufeff{"claims":null,"subprotocols":null}']) {
    const { data } = await read("connect", headers, body);
    assert.deepEqual(plain(data.claims), {});
    assert.deepEqual(data.subprotocols, []);
    assert.deepEqual(data.clientCertificates, []);
  }
});

Deno.test("fromHttp() reads names that objects have by themselves", async () => {
  const body = '{"claims":{"__proto__":["a"],"constructor":["b"]}}';
  const { data } = await read("connect", CONNECT, body);
  assert.deepEqual(Object.keys(data.claims), ["__proto__", "constructor"]);
  assert.equal(data.query["constructor"], undefined);
});

Deno.test("fromHttp() reads what nobody waits for", async () => {
  const connected = await read("connected", CONNECTED, "");
  assert.equal(connected.isBlocking, false);
  assert.deepEqual(plain(connected.connectionState), { key: "a" });
  assert.equal(connected.data.connection.userId, "user1");
  assert.equal(connected.data.state.get("key"), "a");
  assert.ok(!("set" in connected.data.state));
  const gone = await read("disconnected", DISCONNECTED, '{"reason":"bye"}');
  assert.equal(gone.isBlocking, false);
  assert.equal(gone.data.reason, "bye");
  for (const body of ["", "{}", '{"reason":null}']) {
    const { data } = await read("disconnected", DISCONNECTED, body);
    assert.equal(data.reason, undefined);
  }
  const joined = await read("groupJoined", JOINED, '{"group":"g1"}');
  assert.deepEqual([joined.isBlocking, joined.data.group], [false, "g1"]);
  const left = await read("groupLeft", LEFT, '{"group":"g1"}');
  assert.deepEqual([left.isBlocking, left.data.group], [false, "g1"]);
});

Deno.test("fromHttp() reads user events by their content type", async () => {
  const text = await read("userEvent", MESSAGE, "\ufeffhi é");
  assert.equal(text.isBlocking, true);
  assert.equal(text.data.dataType, "text");
  assert.equal(text.data.content, "\ufeffhi é");
  for (const value of [1, true, null, "x", [1], { hello: "world" }]) {
    const headers = userEvent("order", "APPLICATION/json");
    const { data } = await read("userEvent", headers, JSON.stringify(value));
    assert.equal(data.dataType, "json");
    assert.deepEqual(data.content, value);
  }
  for (
    const [sent, contentType] of [
      ["application/octet-stream", "application/octet-stream"],
      ["application/xml", "application/xml"],
      ["application/x-protobuf", "application/x-protobuf"],
      ["text/plain; charset=iso-8859-1", "text/plain; charset=iso-8859-1"],
      ["", "application/octet-stream"],
    ] as const
  ) {
    const { data } = await read(
      "userEvent",
      userEvent("order", sent),
      Uint8Array.of(0, 0xff),
    );
    assert.ok(data.dataType === "binary");
    assert.equal(data.contentType, contentType);
    assert.deepEqual([...data.content], [0, 0xff]);
  }
});

Deno.test("fromHttp() gives back every byte that it is given", async () => {
  const headers = userEvent("order", "application/octet-stream");
  await fc.assert(
    fc.asyncProperty(fc.uint8Array(), async (bytes) => {
      const { data } = await read("userEvent", headers, bytes);
      assert.deepEqual(data.content, bytes);
    }),
  );
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: "grapheme" }), async (text) => {
      const { data } = await read("userEvent", MESSAGE, text);
      assert.equal(data.content, text);
    }),
  );
});

Deno.test("fromHttp() reads a user event's name as the client spelled it", async () => {
  const { data, hub } = await read("userEvent", {
    ...userEvent("Order.v2", "text/plain"),
    "ce-type": "AZURE.webpubsub.User.Order.v2",
    "ce-hub": "CHAT",
    "x-webpubsub-metadata-Lang": "en",
  }, "x");
  assert.equal(data.connection.eventName, "Order.v2");
  assert.equal(hub, "chat");
  assert.deepEqual(plain(data.connection.metadata), { lang: "en" });
});

Deno.test("fromHttp() goes by ce-type where ce-eventName disagrees", async () => {
  await read("connected", { ...CONNECTED, "ce-eventName": "connect" }, "{}");
  const gone = { ...DISCONNECTED, "ce-eventName": "disconnect" };
  await read("disconnected", gone, "{}");
  const message = { ...MESSAGE, "ce-eventName": "connect" };
  const { data, context } = await read("userEvent", message, "x");
  assert.equal(data.connection.eventName, "message");
  assert.equal(context.eventName, "connect");
  await read("connect", { ...CONNECT, "ce-eventName": "message" }, "{}");
});

Deno.test("fromHttp() decodes a user id in UTF-8, however the server hands it out", async () => {
  const bytes = new TextEncoder().encode("客é");
  const latin1 = String.fromCharCode(...bytes);
  for (const userId of ["客é", latin1]) {
    const headers = { ...MESSAGE, "ce-userId": userId };
    const { data } = await read("userEvent", headers, "x");
    assert.equal(data.connection.userId, "客é");
    assert.equal(data.connection.header("CE-UserId"), "客é");
  }
  const { data } = await read(
    "userEvent",
    { ...MESSAGE, "ce-userId": "\xe9" },
    "x",
  );
  assert.equal(data.connection.userId, "\xe9");
});

Deno.test("fromHttp() takes headers as Node has them, and as the standard has them", async () => {
  const node = {
    ...Object.fromEntries(
      Object.entries(CONNECT).map((
        [name, value],
      ) => [name.toLowerCase(), value]),
    ),
    "ce-signature": (CONNECT["ce-signature"] ?? "").split(","),
    "ce-userid": undefined,
  };
  assert.equal((await upstream.fromHttp(node, CONNECT_BODY)).kind, "connect");
  const headers = new Headers(CONNECT);
  assert.equal(
    (await upstream.fromHttp(headers, CONNECT_BODY)).kind,
    "connect",
  );
});

Deno.test("fromHttp() takes an empty state for none", async () => {
  for (const state of ["", "W10=", "!"]) {
    const headers = { ...MESSAGE, "ce-connectionState": state };
    const request = await read("userEvent", headers, "x");
    assert.deepEqual(plain(request.connectionState), {});
    assert.equal(request.data.state.raw, state);
  }
  const { data } = await read(
    "userEvent",
    without(MESSAGE, "ce-connectionState"),
    "x",
  );
  assert.equal(data.state.raw, undefined);
});

Deno.test("fromHttp() says which header is missing", async () => {
  for (
    const name of [
      "webhook-request-origin",
      "ce-hub",
      "ce-connectionid",
      "ce-type",
      "ce-eventname",
    ]
  ) {
    const error = await refused(HeaderNotFound, without(CONNECT, name));
    assert.deepEqual([error.key, error.status], [name, 400]);
  }
  const error = await refused(HeaderNotFound, { ...CONNECT, "ce-hub": "" });
  assert.equal(error.key, "ce-hub");
  const optional = without(
    CONNECT,
    "ce-userId",
    "ce-subprotocol",
    "ce-awpsversion",
    "ce-specversion",
    "ce-id",
    "ce-time",
    "ce-source",
    "ce-connectionState",
  );
  const request = await read("connect", optional, "{}");
  assert.equal(request.id, undefined);
});

Deno.test("fromHttp() checks the signature before it looks at type and body", async () => {
  const unsigned = { ...CONNECT, "ce-signature": "sha256=00" };
  const error = await refused(ValidationFailedError, {
    ...unsigned,
    "ce-type": "nonsense",
  }, "{");
  assert.equal(error.status, 401);
  assert.equal(error.context?.connectionId, "conn-0001");
  await refused(ValidationFailedError, without(CONNECTED, "ce-signature"));
});

Deno.test("fromHttp() refuses types and names that there are not", async () => {
  for (
    const type of [
      "azure.webpubsub.sys.other",
      "azure.webpubsub.sys.connect.x",
      "azure.webpubsub.user",
      "connect",
      "constructor",
    ]
  ) {
    const error = await refused(InvalidEventTypeError, {
      ...CONNECT,
      "ce-type": type,
    });
    assert.deepEqual([error.eventType, error.status], [type, 400]);
    assert.equal(error.context?.hub, "chat");
  }
  const unnamed = await refused(InvalidEventNameError, {
    ...CONNECT,
    "ce-eventName": "",
  });
  assert.deepEqual([unnamed.eventName, unnamed.status], ["", 400]);
  const nameless = after("azure.webpubsub.user.", "x");
  await refused(InvalidEventNameError, nameless);
});

Deno.test("fromHttp() refuses a body that is not as the protocol says", async () => {
  const deep = `{"x":${"[".repeat(10_000)}${"]".repeat(10_000)}}`;
  for (
    const [headers, body, key] of [
      [CONNECT, "{", "body"],
      [CONNECT, "", "body"],
      [CONNECT, "[]", "body"],
      [CONNECT, "null", "body"],
      [CONNECT, deep, "body"],
      [CONNECT, Uint8Array.of(0x7b, 0xff, 0x7d), "body"],
      [CONNECT, '{"claims":5}', "claims"],
      [CONNECT, '{"claims":{"a":[1]}}', "claims"],
      [CONNECT, '{"query":[]}', "query"],
      [CONNECT, '{"headers":"x"}', "headers"],
      [CONNECT, '{"subprotocols":{}}', "subprotocols"],
      [CONNECT, '{"clientCertificates":[{}]}', "clientCertificates"],
      [CONNECT, '{"clientCertificates":{}}', "clientCertificates"],
      [CONNECT, '{"mqtt":{}}', "mqtt.protocolVersion"],
      [CONNECT, '{"mqtt":5}', "mqtt"],
      [DISCONNECTED, "{", "body"],
      [DISCONNECTED, '{"reason":1}', "reason"],
      [JOINED, "", "body"],
      [JOINED, "{}", "group"],
    ] as const
  ) {
    const error = await refused(InvalidConnectRequestError, headers, body);
    assert.deepEqual([error.key, error.status], [key, 400], String(body));
    assert.equal(error.context?.connectionId, "conn-0001");
  }
  for (
    const [type, body] of [
      ["application/json", "{"],
      ["application/json", ""],
      ["text/plain", Uint8Array.of(0xff)],
      ["text/plain;charset=UTF-8", Uint8Array.of(0xc3)],
    ] as const
  ) {
    const error = await refused(
      InvalidUserEventError,
      userEvent("order", type),
      body,
    );
    assert.equal(error.status, 400);
  }
});

Deno.test("fromHttp() throws nothing but its own errors, whatever it is given", async () => {
  const types = [
    "azure.webpubsub.sys.connect",
    "azure.webpubsub.sys.disconnected",
    "azure.webpubsub.gp.joined",
    "azure.webpubsub.user.x",
    "",
  ];
  const json = fc.json().map((text) => new TextEncoder().encode(text));
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...types),
      fc.oneof(fc.uint8Array(), json),
      fc.string().map((text) => text.replace(/[^\x20-\x7e]/g, "")),
      async (type, body, text) => {
        const headers = {
          ...CONNECT,
          "ce-type": type,
          "ce-eventName": text,
          "ce-connectionState": text,
          "Content-Type": "application/json",
        };
        try {
          await upstream.fromHttp(headers, body);
        } catch (error) {
          assert.ok(error instanceof UpstreamError, `${error}`);
        }
      },
    ),
  );
});
