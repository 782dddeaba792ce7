import assert from "node:assert/strict";
import {
  CONSUMABLE_ITEM_ID,
  DEFAULT_CLIENT_ID,
  DEFAULT_CLIENT_SECRET,
  DURABLE_ITEM_ID,
} from "../../../dev/emulator/mod.ts";
import { FULFILLMENT_V1, login, open, send, userPath } from "./_client.ts";

Deno.test(
  "the emulator describes itself without a token or a secret",
  async () => {
    await using session = await open();
    const reply = await send(`${session.emulator.url}/emulator`, "GET");
    assert.equal(reply.status, 200);
    const { json } = reply;
    assert.equal(json.namespace, "mygame");
    assert.equal(json.clientId, DEFAULT_CLIENT_ID);
    assert.equal(json.items.length, 5);
    assert.ok(json.operations.includes(`POST ${FULFILLMENT_V1}`));
    assert.equal(reply.text.includes(DEFAULT_CLIENT_SECRET), false);
  },
);

Deno.test("faults can be set, read and removed over HTTP", async () => {
  await using session = await open();
  const { url } = session.emulator;
  const fault = {
    kind: "error",
    status: 503,
    match: { method: "POST", path: FULFILLMENT_V1 },
    times: 2,
  };
  const put = await send(`${url}/emulator/faults`, "PUT", { body: [fault] });
  assert.equal(put.status, 200);
  assert.equal((await session.grant("player")).status, 503);
  const list = await send(`${url}/emulator/faults`, "GET");
  assert.deepEqual(list.json, {
    faults: [{ fault, matched: 1, shown: 1, active: true }],
  });
  const removed = await send(`${url}/emulator/faults`, "DELETE");
  assert.equal(removed.status, 200);
  assert.equal((await session.grant("player")).status, 200);
});

Deno.test("faults that are not JSON are refused", async () => {
  await using session = await open();
  const reply = await session.call("PUT", "/emulator/faults", { body: "[{" });
  assert.equal(reply.status, 400);
  assert.equal(
    reply.json.error,
    "Cannot set the faults: the body is not JSON",
  );
});

Deno.test(
  "faults do not touch the emulator's own interface",
  async () => {
    await using session = await open();
    session.emulator.faults.set([{ kind: "error", status: 500 }]);
    assert.equal((await session.call("GET", "/emulator/faults")).status, 200);
    const { journal } = session.emulator;
    assert.equal(journal.counters.requests, 0);
  },
);

Deno.test(
  "the journal lists requests with route, player, status and body",
  async () => {
    const now = Date.UTC(2026, 0, 1);
    await using session = await open({ now: () => now });
    const body = { itemId: CONSUMABLE_ITEM_ID, quantity: 1 };
    const path = userPath("mygame", "a player", "/fulfillment");
    await session.call("POST", path, {
      body,
      headers: {
        "user-agent": "tests",
        traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "x-b3-traceid": "80f198ee56343ba864fe8b2a57d3eff7",
        cookie: "session=secret",
      },
    });
    const reply = await send(`${session.emulator.url}/emulator/journal`, "GET");
    assert.equal(reply.status, 200);
    const { requests: [request], counters } = reply.json;
    const { seq, ...fields } = request;
    assert.deepEqual(fields, {
      time: now,
      method: "POST",
      path,
      route: FULFILLMENT_V1,
      status: 200,
      userId: "a player",
      headers: {
        "user-agent": "tests",
        traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "x-b3-traceid": "80f198ee56343ba864fe8b2a57d3eff7",
      },
      body,
    });
    assert.equal(reply.json.last, seq);
    assert.deepEqual(counters, {
      requests: 1,
      grants: 1,
      byStatus: { 200: 1 },
      byRoute: { [`POST ${FULFILLMENT_V1}`]: 1 },
    });
  },
);

Deno.test("the journal never holds a token or a secret", async () => {
  await using session = await open({ clientSecret: "s3cret" });
  await login(session.emulator.url, { secret: "s3cret" });
  await session.call(
    "GET",
    userPath("mygame", "player", `/entitlements?access_token=${session.token}`),
  );
  await session.grant("player");
  const { text, json } = await session.call("GET", "/emulator/journal");
  assert.ok(json.requests.length >= 3);
  assert.equal(text.includes(session.token), false);
  assert.equal(text.includes("s3cret"), false);
  assert.equal(/authorization|grant_type/i.test(text), false);
});

Deno.test(
  "the journal keeps no body that is long or not JSON",
  async () => {
    await using session = await open();
    await session.grant("player", {
      itemId: CONSUMABLE_ITEM_ID,
      quantity: 1,
      metadata: { text: "x".repeat(4096) },
    });
    const path = userPath("mygame", "player", "/fulfillment");
    const headers = { "content-type": "application/json" };
    await session.call("POST", path, { body: "{", headers });
    const requests = session.emulator.journal.requests();
    assert.deepEqual(
      requests.map((request) => [request.status, "body" in request]),
      [[200, false], [400, false]],
    );
  },
);

Deno.test(
  "requests without a route are in the journal too",
  async () => {
    await using session = await open();
    await session.call("GET", "/nothing?x=1");
    const [request] = session.emulator.journal.requests();
    assert.equal(request?.path, "/nothing");
    assert.equal(request !== undefined && "route" in request, false);
    assert.equal(session.emulator.journal.counters.byRoute.unmatched, 1);
  },
);

Deno.test("the journal continues after a number", async () => {
  await using session = await open();
  await session.grant("a");
  const first = await session.call("GET", "/emulator/journal");
  await session.grant("b");
  const { json } = await session.call(
    "GET",
    `/emulator/journal?since=${first.json.last}`,
  );
  assert.deepEqual(
    json.requests.map(({ userId }: { userId: string }) => userId),
    ["b"],
  );
  for (const since of ["-1", "x", "1.5"]) {
    const bad = await session.call("GET", `/emulator/journal?since=${since}`);
    assert.equal(bad.status, 400);
    assert.match(bad.json.error, /since must be the number of an entry/);
  }
});

Deno.test(
  "grants are listed by player and after a number",
  async () => {
    const now = Date.UTC(2026, 0, 1);
    await using session = await open({ now: () => now });
    await session.grant("a");
    await session.grant("b");
    await session.grant("a", { itemId: DURABLE_ITEM_ID, quantity: 1 });
    const all = await session.call("GET", "/emulator/grants");
    assert.equal(all.json.grants.length, 3);
    assert.equal(all.json.total, 3);
    assert.equal("counts" in all.json, false);
    assert.deepEqual(all.json.grants[0], {
      seq: 1,
      time: now,
      userId: "a",
      itemId: CONSUMABLE_ITEM_ID,
      quantity: 1,
      api: "v1",
    });
    const later = await session.call(
      "GET",
      "/emulator/grants?since=2&userId=a",
    );
    assert.deepEqual(
      later.json.grants.map(({ seq }: { seq: number }) => seq),
      [3],
    );
    assert.equal(later.json.last, 3);
    assert.deepEqual(later.json.counts, {
      [CONSUMABLE_ITEM_ID]: { grants: 1, quantity: 1 },
      [DURABLE_ITEM_ID]: { grants: 1, quantity: 1 },
    });
    const bad = await session.call("GET", "/emulator/grants?since=x");
    assert.equal(bad.status, 400);
  },
);

Deno.test("clearing the journal keeps what players own", async () => {
  await using session = await open();
  await session.grant("player", { itemId: DURABLE_ITEM_ID, quantity: 1 });
  const reply = await session.call("DELETE", "/emulator/journal");
  assert.equal(reply.status, 200);
  const { journal, state } = session.emulator;
  assert.deepEqual(journal.counters, {
    requests: 0,
    grants: 0,
    byStatus: {},
    byRoute: {},
  });
  assert.deepEqual(journal.grants(), []);
  assert.equal(state.grantCount("player", DURABLE_ITEM_ID).grants, 1);
  const again = await session.grant("player", {
    itemId: DURABLE_ITEM_ID,
    quantity: 1,
  });
  assert.equal(again.json.errorCode, 38121);
  assert.equal(journal.requests()[0]?.seq, 3);
});

Deno.test("tokens can be revoked over HTTP", async () => {
  await using session = await open();
  assert.equal((await session.grant("player")).status, 200);
  assert.equal((await session.call("DELETE", "/emulator/tokens")).status, 200);
  assert.equal((await session.grant("player")).status, 401);
});

Deno.test(
  "reset forgets what was owned, seen and set, but not the tokens",
  async () => {
    await using session = await open();
    const sword = { itemId: DURABLE_ITEM_ID, quantity: 1 };
    await session.grant("player", sword);
    await session.transact("player", "tx", {
      items: [{ itemId: CONSUMABLE_ITEM_ID, quantity: 1 }],
    });
    session.emulator.faults.set([{ kind: "error", status: 500 }]);
    assert.equal((await session.call("POST", "/emulator/reset")).status, 200);
    const { faults, journal, state } = session.emulator;
    assert.deepEqual(faults.list, []);
    assert.equal(state.players, 0);
    assert.equal(journal.counters.requests, 0);
    assert.equal((await session.grant("player", sword)).status, 200);
    const reply = await session.transact("player", "tx", { items: [sword] });
    assert.equal(reply.json.errorCode, 38121);
  },
);

Deno.test(
  "seen waits for requests and ends with its signal",
  async () => {
    await using session = await open();
    const { journal } = session.emulator;
    const controller = new AbortController();
    const { signal } = controller;
    const reached = journal.seen(1, { signal });
    const never = journal.seen(2, { signal });
    await session.grant("player");
    await reached;
    const reason = new Error("enough");
    controller.abort(reason);
    await assert.rejects(never, reason);
    await assert.rejects(journal.seen(2, { signal }), reason);
    await journal.seen(1, { signal });
  },
);

Deno.test(
  "an unknown path or method below /emulator is refused",
  async () => {
    await using session = await open();
    assert.equal((await session.call("GET", "/emulator/x")).status, 404);
    assert.equal((await session.call("POST", "/emulator/faults")).status, 405);
  },
);
