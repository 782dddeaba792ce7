import assert from "node:assert/strict";
import { until } from "../../dev/until.ts";
import { decodeState } from "../../lib/webpubsub/state.ts";
import { type App, startApp } from "./_app.ts";
import { exchange, head, only, type RawResponse } from "./_raw_http.ts";
import {
  CONNECT,
  CONNECT_BODY,
  CONNECTED,
  DISCONNECTED,
  JOINED,
  K1,
  K2,
  LEFT,
  MESSAGE,
  ORIGIN,
  sign,
  userEvent,
  without,
} from "./_vectors.ts";

type Fields = Readonly<Record<string, string>>;

/** Sends an event by raw HTTP; bytes of the body are characters. */
async function send(
  { port }: App,
  headers: Fields,
  body = "",
  method = "POST",
): Promise<RawResponse> {
  const text = head(`${method} /upstream`, [
    ...Object.entries(headers),
    ["Content-Length", String(body.length)],
  ]);
  return await exchange(port, text, body);
}

const mediaType = (response: RawResponse) =>
  only(response, "content-type")?.split(";")[0];

function assertEmpty(response: RawResponse, ...statuses: number[]): void {
  assert.ok(statuses.includes(response.status), String(response.status));
  assert.equal(response.body, "");
  assert.equal(only(response, "ce-connectionstate"), undefined);
}

const stateOf = (response: RawResponse) =>
  decodeState(only(response, "ce-connectionstate"));

function connectOf(user: string, more: object = {}): string {
  return JSON.stringify({
    ...JSON.parse(CONNECT_BODY),
    query: { user: [user] },
    ...more,
  });
}

/** Each event has a connection of its own, so that its `seen` list is its own. */
const onConnection = (headers: Fields, id: string): Fields => ({
  ...headers,
  "ce-connectionId": id,
  "ce-signature": sign(id),
});

const MQTT = { "ce-physicalConnectionId": "phy-9f2c" };

/** What differs between the apps. */
interface Expected {
  readonly program: "library_app.ts" | "conformance_app.ts";
  /** What a repeated request to count runs is answered. */
  readonly again: string;
  /** What the log says of a bug, and of a forged request. */
  readonly logs: readonly RegExp[];
}

const LIBRARY: Expected = {
  program: "library_app.ts",
  again: "2",
  logs: [
    /Handler failed/,
    /Refused a request: Request is not authentic/,
  ],
};
const SERVICE: Expected = {
  program: "conformance_app.ts",
  // The same connection id and ce-id: the answer of the first time.
  again: "1",
  logs: [/"Event failed"/, /Event is not genuine/],
};

for (const expected of [LIBRARY, SERVICE]) {
  Deno.test(`conformance: ${expected.program}`, (t) => conform(t, expected));
}

async function conform(t: Deno.TestContext, expected: Expected): Promise<void> {
  await using app = await startApp(expected);

  await t.step("preflights: P1 to P8", async () => {
    const ask = (headers: Fields, method = "OPTIONS") =>
      send(app, headers, "", method);
    const origin = (value: string) => ({ "WebHook-Request-Origin": value });
    const known = await ask({ ...origin(ORIGIN), "ce-awpsversion": "1.0" });
    assert.equal(known.status, 200);
    assert.equal(only(known, "webhook-allowed-origin"), ORIGIN);
    const capitals = await ask(origin("FOO.webpubsub.azure.com"));
    assert.equal(capitals.status, 200);
    assert.equal(
      only(capitals, "webhook-allowed-origin")?.toLowerCase(),
      ORIGIN,
    );
    const evil = await ask(origin(`${ORIGIN}.evil.test`));
    assert.equal(evil.status, 400);
    assert.equal(only(evil, "webhook-allowed-origin"), undefined);
    const none = await ask({ "ce-awpsversion": "1.0" });
    assert.equal(none.status, 400);
    assert.equal(only(none, "webhook-allowed-origin"), undefined);
    assert.equal((await ask({})).status, 400);
    const rate = { ...origin(ORIGIN), "WebHook-Request-Rate": "120" };
    assert.match(
      only(await ask(rate), "webhook-allowed-rate") ?? "",
      /^(\*|\d+)$/,
    );
    for (const method of ["PUT", "DELETE"]) {
      const response = await ask(origin(ORIGIN), method);
      assert.equal(response.status, 405);
      assert.equal(only(response, "allow"), "POST, OPTIONS");
    }
    assert.equal((await ask({}, "GET")).status, 405);
    assert.equal((await ask(origin(ORIGIN), "GET")).status, 200);
  });

  await t.step(
    "V1: a connect is answered with exactly four members",
    async () => {
      const response = await send(app, CONNECT, connectOf("user1"));
      assert.equal(response.status, 200);
      assert.equal(mediaType(response), "application/json");
      assert.deepEqual(JSON.parse(response.body), {
        userId: "user1",
        groups: ["foo", "bar"],
        roles: ["webpubsub.sendToGroup"],
        subprotocol: "protocol1",
      });
      const plain = connectOf("user1", { subprotocols: [] });
      const { subprotocol } = JSON.parse(
        (await send(app, CONNECT, plain)).body,
      );
      assert.equal(subprotocol, undefined);
    },
  );

  await t.step("who is asking: query, claim, header, nobody", async () => {
    const who = async (headers: Fields, body: object) =>
      JSON.parse((await send(app, headers, JSON.stringify(body))).body).userId;
    const claims = { sub: ["claimed"] };
    const named = { ...CONNECT, "ce-userId": "named" };
    assert.equal(await who(named, { claims, query: { user: ["q"] } }), "q");
    assert.equal(await who(named, { claims }), "claimed");
    assert.equal(await who(named, {}), "named");
    assert.equal(await who(CONNECT, {}), "guest");
  });

  await t.step("V2: a connect that returns nothing is 204", async () => {
    assertEmpty(await send(app, CONNECT, connectOf("quiet")), 204);
  });

  await t.step(
    "V3: a connect is refused with its status and detail",
    async () => {
      for (
        const [user, status, body] of [
          ["reject", 401, "no"],
          ["banned", 403, "banned"],
          ["busy", 429, "busy"],
        ] as const
      ) {
        const response = await send(app, CONNECT, connectOf(user));
        assert.deepEqual([response.status, response.body], [status, body]);
      }
      assertEmpty(await send(app, CONNECT, connectOf("crash")), 500);
    },
  );

  await t.step("V4, V5: an MQTT connect is refused with a code", async () => {
    const headers = { ...CONNECT, ...MQTT };
    const mqtt = { mqtt: { protocolVersion: 5 } };
    const refused = await send(app, headers, connectOf("reject", mqtt));
    assert.equal(refused.status, 401);
    assert.equal(mediaType(refused), "application/json");
    assert.deepEqual(JSON.parse(refused.body), {
      mqtt: { code: 135, reason: "no" },
    });
    const banned = await send(app, headers, connectOf("banned", mqtt));
    assert.equal(banned.status, 403);
    assert.deepEqual(JSON.parse(banned.body), { mqtt: { code: 138 } });
    const fine = await send(app, headers, connectOf("user1", mqtt));
    assert.deepEqual(JSON.parse(fine.body).mqtt, {
      userProperties: [{ name: "a", value: "b" }],
    });
  });

  await t.step("a connect can set state", async () => {
    const response = await send(app, CONNECT, connectOf("stateful"));
    assert.deepEqual(JSON.parse(response.body), { userId: "stateful" });
    assert.deepEqual(stateOf(response), { key: "next_state" });
  });

  await t.step(
    "V6, V7, V8: user events are answered in their type",
    async () => {
      const text = await send(app, MESSAGE, "hi");
      assert.deepEqual([text.status, mediaType(text), text.body], [
        200,
        "text/plain",
        "hi",
      ]);
      const bytes = userEvent("message", "application/octet-stream");
      const binary = await send(app, bytes, "\x00\xff");
      assert.deepEqual([binary.status, mediaType(binary), binary.body], [
        200,
        "application/octet-stream",
        "\x00\xff",
      ]);
      const order = userEvent("order", "application/json");
      const json = await send(app, order, '{"hello":"world"}');
      assert.equal(mediaType(json), "application/json");
      assert.deepEqual(JSON.parse(json.body), { received: { hello: "world" } });
      const values = userEvent("message", "application/json");
      for (const value of ["1", "true", '"x"', "null", "[1]"]) {
        assert.equal((await send(app, values, value)).body, value);
      }
      assert.equal(
        (await send(app, MESSAGE, "json")).body,
        '{"ok":true,"n":1}',
      );
      assert.equal((await send(app, MESSAGE, "bytes")).body, "\x00\xff\x01");
    },
  );

  await t.step("V9: a user event without an answer is empty", async () => {
    assertEmpty(await send(app, MESSAGE, "nothing"), 204);
    assertEmpty(
      await send(app, userEvent("unheard", "text/plain"), "x"),
      200,
      204,
    );
  });

  await t.step("failures are told without their words", async () => {
    assertEmpty(await send(app, MESSAGE, "fail"), 400);
    assertEmpty(await send(app, MESSAGE, "retry"), 503);
    assertEmpty(await send(app, MESSAGE, "crash"), 500);
  });

  await t.step("state is read, changed and cleared", async () => {
    const set = await send(app, MESSAGE, "set n a b");
    assert.equal(set.body, "ok");
    assert.deepEqual(stateOf(set), { key: "a", n: "a b" });
    const get = await send(app, MESSAGE, "get key");
    assert.equal(get.body, "a");
    assert.equal(only(get, "ce-connectionstate"), undefined);
    assert.equal((await send(app, MESSAGE, "get other")).body, "undefined");
    assert.deepEqual(stateOf(await send(app, MESSAGE, "del key")), {});
    const clear = await send(app, MESSAGE, "clear");
    assert.equal(only(clear, "ce-connectionstate"), "e30=");
    assert.equal((await send(app, MESSAGE, "states")).body, '{"key":"a"}');
    const large = await send(app, MESSAGE, `set n ${"x".repeat(16_384)}`);
    assertEmpty(large, 500);
  });

  await t.step("whoami tells of the connection", async () => {
    const headers = {
      ...MESSAGE,
      "ce-hub": "CHAT",
      "ce-userId": "\xe5\xae\xa2",
      "ce-subprotocol": "json.webpubsub.azure.v1",
    };
    assert.deepEqual(
      JSON.parse(
        new TextDecoder().decode(
          Uint8Array.from(
            (await send(app, headers, "whoami")).body,
            (char) => char.charCodeAt(0),
          ),
        ),
      ),
      {
        userId: "客",
        hub: "chat",
        connectionId: "conn-0001",
        subprotocol: "json.webpubsub.azure.v1",
        origin: ORIGIN,
        dataType: "text",
      },
    );
  });

  await t.step("once counts runs", async () => {
    assert.equal((await send(app, MESSAGE, "once a")).body, "1");
    assert.equal((await send(app, MESSAGE, "once a")).body, expected.again);
    const next = { ...MESSAGE, "ce-id": "3" };
    const count = Number(expected.again) + 1;
    assert.equal((await send(app, next, "once a")).body, String(count));
  });

  await t.step(
    "V10, V11, V19: what nobody waits for is 200, empty, at once",
    async () => {
      const on = (headers: Fields) => onConnection(headers, "conn-seen");
      for (const userId of ["user1", "throws", "hangs"]) {
        const headers = { ...on(CONNECTED), "ce-userId": userId };
        assertEmpty(await send(app, headers, "{}"), 200);
      }
      assertEmpty(await send(app, on(JOINED), '{"group":"g1"}'), 200);
      assertEmpty(await send(app, on(LEFT), '{"group":"g1"}'), 200);
      assertEmpty(await send(app, on(DISCONNECTED), '{"reason":"bye"}'), 200);
      const mqtt = { reason: "x", mqtt: { initiatedByClient: true } };
      const gone = { ...on(DISCONNECTED), ...MQTT };
      assertEmpty(await send(app, gone, JSON.stringify(mqtt)), 200);
      const seen = await until("all of them", async () => {
        const asked = { ...MESSAGE, "ce-id": crypto.randomUUID() };
        const { body } = await send(app, asked, "seen conn-seen");
        // What has failed is run again by the service.
        const list = JSON.parse(body);
        return list.length >= 7 ? list.slice(0, 7) : undefined;
      });
      const byText = (one: unknown, other: unknown) =>
        JSON.stringify(one).localeCompare(JSON.stringify(other));
      const states = { key: "a" };
      const connected = { event: "connected", states };
      // Nothing says in which order they are handled.
      assert.deepEqual(seen.sort(byText), [
        connected,
        connected,
        connected,
        { event: "disconnected", reason: "bye", states },
        { event: "disconnected", reason: "x", initiatedByClient: true, states },
        { event: "joined", group: "g1", states },
        { event: "left", group: "g1", states },
      ]);
      assert.equal((await send(app, MESSAGE, "seen nobody")).body, "[]");
    },
  );

  await t.step("V12, V13, V14: what is no event is 400", async () => {
    assertEmpty(await send(app, CONNECT, "{"), 400);
    for (
      const name of ["ce-hub", "ce-connectionId", "ce-type", "ce-eventName"]
    ) {
      assertEmpty(await send(app, without(CONNECT, name), "{}"), 400);
    }
    const other = { ...CONNECT, "ce-type": "azure.webpubsub.sys.other" };
    assertEmpty(await send(app, other, "{}"), 400);
    assertEmpty(await send(app, { ...CONNECT, "ce-eventName": "" }, "{}"), 400);
  });

  await t.step("V15: a wrong signature is 401 for every event", async () => {
    for (const headers of [CONNECT, MESSAGE, CONNECTED, DISCONNECTED, JOINED]) {
      const forged = { ...headers, "ce-signature": sign("conn-0001", "other") };
      assertEmpty(await send(app, forged, "{}"), 401);
      assertEmpty(await send(app, without(headers, "ce-signature"), "{}"), 401);
    }
    const second = { ...MESSAGE, "ce-signature": sign("conn-0001", K2) };
    assert.equal((await send(app, second, "hi")).status, 200);
    const foreign = { ...MESSAGE, "WebHook-Request-Origin": "bar.test" };
    assertEmpty(await send(app, foreign, "hi"), 401);
  });

  await t.step(
    "V17, V18, V20: what the service may send is taken",
    async () => {
      assert.equal(
        (await send(app, without(CONNECT, "ce-connectionState"), "{}")).status,
        200,
      );
      assert.equal(
        (await send(app, { ...CONNECT, "ce-hub": "CHAT" }, "{}")).status,
        200,
      );
      const disagreeing = { ...CONNECT, "ce-eventName": "message" };
      assert.equal((await send(app, disagreeing, "{}")).status, 200);
      assertEmpty(
        await send(app, { ...CONNECT, "ce-hub": "other" }, "{}"),
        404,
      );
    },
  );

  await t.step("V21: an MQTT message keeps its type", async () => {
    const headers = { ...userEvent("order", "application/xml"), ...MQTT };
    const response = await send(app, headers, "<a/>");
    assert.deepEqual([mediaType(response), response.body], [
      "application/xml",
      "<a/>",
    ]);
  });

  await t.step("the log has no key and no body", () => {
    for (const secret of [K1, K2]) assert.ok(!app.output.includes(secret));
    for (const line of expected.logs) assert.match(app.output, line);
  });
}

for (const { program } of [LIBRARY, SERVICE]) {
  Deno.test(`${program} without a key takes events from anybody, and says so`, async () => {
    await using app = await startApp({ program, env: {} });
    const response = await send(app, without(MESSAGE, "ce-signature"), "hi");
    assert.deepEqual([response.status, response.body], [200, "hi"]);
    const any = { "WebHook-Request-Origin": "any.test" };
    const preflight = await send(app, any, "", "OPTIONS");
    assert.equal(only(preflight, "webhook-allowed-origin"), "*");
    assert.match(
      app.output,
      /Web PubSub events are (taken|accepted) from (anybody|whoever)/,
    );
  });
}
