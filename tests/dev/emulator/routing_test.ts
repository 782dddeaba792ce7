import assert from "node:assert/strict";
import { CONSUMABLE_ITEM_ID } from "../../../dev/emulator/mod.ts";
import { createRouter, type Route } from "../../../dev/emulator/router.ts";
import { login, open, send, userPath } from "./_client.ts";

Deno.test("an unknown path answers 404 in AGS's shape", async () => {
  await using session = await open();
  for (
    const path of [
      "/",
      "/nothing",
      "/platform",
      "/platform/admin/namespaces/mygame/users//fulfillment",
      `${userPath("mygame", "player", "/fulfillment")}/`,
      "/iam/v3/oauth/token/x",
      "/emulatorx",
    ]
  ) {
    const reply = await session.call("GET", path);
    assert.deepEqual([path, reply.status], [path, 404]);
    assert.deepEqual(reply.json, {
      errorCode: 404,
      errorMessage:
        "the emulator has no such operation: answer it in emulator/stubs.ts, see docs/emulator.md",
    });
  }
});

Deno.test(
  "another method answers 405 and names the allowed ones",
  async () => {
    await using session = await open();
    const path = userPath("mygame", "player", "/fulfillment");
    for (const method of ["GET", "PUT", "DELETE", "PATCH"]) {
      const reply = await session.call(method, path);
      assert.equal(reply.status, 405);
      assert.equal(reply.headers.get("allow"), "POST");
      assert.equal(reply.json.errorCode, 405);
    }
  },
);

Deno.test("path parameters are percent-decoded", async () => {
  await using session = await open();
  const userId = "spieler ü+%?#&";
  const reply = await session.grant(userId);
  assert.equal(reply.status, 200);
  assert.equal(reply.json.userId, userId);
  const { state } = session.emulator;
  assert.equal(state.grantCount(userId, CONSUMABLE_ITEM_ID).grants, 1);
});

Deno.test(
  "path parameters that hide separators answer 400 with 20018",
  async () => {
    await using session = await open();
    for (
      const segment of [
        "a%2Fb",
        "a%5Cb",
        "a%00b",
        "a%0Ab",
        "%7F",
        "a%",
        "%ff",
        "%zz",
        "x".repeat(257),
      ]
    ) {
      const path =
        `/platform/admin/namespaces/mygame/users/${segment}/fulfillment`;
      const reply = await session.call("POST", path, {
        body: { itemId: CONSUMABLE_ITEM_ID, quantity: 1 },
      });
      assert.deepEqual([segment, reply.status], [segment, 400]);
      assert.deepEqual(reply.json, {
        errorCode: 20018,
        errorMessage: "invalid path parameter userId",
      });
    }
    assert.equal(session.emulator.journal.counters.grants, 0);
  },
);

Deno.test(
  "a body beyond the limit answers 413 and the connection goes on",
  async () => {
    await using session = await open();
    const path = userPath("mygame", "player", "/fulfillment");
    const metadata = { text: "x".repeat(1024 * 1024) };
    const reply = await session.call("POST", path, {
      body: { itemId: CONSUMABLE_ITEM_ID, quantity: 1, metadata },
    });
    assert.deepEqual([reply.status, reply.json.errorCode], [413, 413]);
    assert.equal(session.emulator.journal.counters.grants, 0);
    assert.equal((await session.grant("player")).status, 200);
  },
);

Deno.test(
  "a large body within the limit passes in one piece",
  async () => {
    await using session = await open();
    const metadata = { text: "ü".repeat(400_000) };
    const reply = await session.grant("player", {
      itemId: CONSUMABLE_ITEM_ID,
      quantity: 1,
      metadata,
    });
    assert.equal(reply.status, 200);
  },
);

Deno.test("the token endpoint has the same body limit", async () => {
  await using session = await open();
  const body = `grant_type=client_credentials&x=${"x".repeat(1024 * 1024)}`;
  const reply = await login(session.emulator.url, { body });
  assert.equal(reply.status, 413);
});

Deno.test("every answer says its type and length", async () => {
  await using session = await open();
  for (const path of ["/nothing", "/iam/v3/oauth/jwks", "/emulator"]) {
    const { headers, text } = await send(session.emulator.url + path, "GET");
    assert.equal(headers.get("content-type"), "application/json");
    assert.equal(
      headers.get("content-length"),
      String(new TextEncoder().encode(text).length),
    );
  }
});

function route(method: Route["method"], template: string): Route {
  return { method, template, handle: () => ({ status: 200, body: template }) };
}

Deno.test("the router prefers a literal segment and goes back when it must", () => {
  const find = createRouter([
    route("GET", "/a/{id}"),
    route("GET", "/a/list"),
    route("GET", "/a/{id}/deep/{part}"),
  ]);
  assert.equal(found("/a/list"), "/a/list {}");
  assert.equal(found("/a/other"), '/a/{id} {"id":"other"}');
  assert.equal(
    found("/a/list/deep/x%20y"),
    '/a/{id}/deep/{part} {"id":"list","part":"x y"}',
  );
  assert.equal(found("/a/list/deep"), "notFound");
  assert.equal(found("/a/.."), "badPath");

  function found(path: string): string {
    const match = find("GET", path);
    return match.kind === "found"
      ? `${match.route.template} ${JSON.stringify(match.params)}`
      : match.kind;
  }
});

Deno.test("the router refuses two routes for the same request", () => {
  assert.throws(
    () => createRouter([route("GET", "/a/{id}"), route("GET", "/a/{name}")]),
    /Cannot add the route GET \/a\/\{name\}: it exists already/,
  );
});
