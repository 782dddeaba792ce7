import assert from "node:assert/strict";
import {
  CONSUMABLE_ITEM_ID,
  DURABLE_ITEM_ID,
  UNSTACKABLE_ITEM_ID,
} from "../../../dev/emulator/mod.ts";
import { open, type Session, userPath } from "./_client.ts";

const START = Date.UTC(2026, 0, 1);

function query(session: Session, search = "", userId = "player") {
  const path = userPath("mygame", userId, `/entitlements${search}`);
  return session.call("GET", path);
}

function owns(session: Session, search: string) {
  const path = userPath(
    "mygame",
    "player",
    `/entitlements/ownership/byItemId${search}`,
  );
  return session.call("GET", path);
}

Deno.test("a player who got nothing has no entitlements", async () => {
  await using session = await open();
  const reply = await query(session);
  assert.equal(reply.status, 200);
  assert.deepEqual(reply.json, { data: [], paging: {} });
});

Deno.test(
  "the query lists what was granted to that player",
  async () => {
    await using session = await open({ now: () => START });
    await session.grant("player", {
      itemId: CONSUMABLE_ITEM_ID,
      quantity: 3,
      source: "REWARD",
    });
    await session.grant("friend");
    const { json } = await query(session);
    assert.equal(json.data.length, 1);
    const { id, ...fields } = json.data[0];
    assert.match(id, /^[0-9a-f]{32}$/);
    assert.deepEqual(fields, {
      namespace: "mygame",
      userId: "player",
      itemId: CONSUMABLE_ITEM_ID,
      itemNamespace: "mygame",
      name: "Health potion",
      sku: "health-potion",
      clazz: "ENTITLEMENT",
      type: "CONSUMABLE",
      stackable: true,
      status: "ACTIVE",
      source: "REWARD",
      useCount: 3,
      grantedAt: "2026-01-01T00:00:00.000Z",
      createdAt: "2026-01-01T00:00:00.000Z",
      updatedAt: "2026-01-01T00:00:00.000Z",
    });
  },
);

Deno.test("the query takes several item identifiers", async () => {
  await using session = await open();
  const items = [CONSUMABLE_ITEM_ID, DURABLE_ITEM_ID, UNSTACKABLE_ITEM_ID];
  for (const itemId of items) {
    await session.grant("player", { itemId, quantity: 1 });
  }
  const [potion, sword] = items;
  const { json } = await query(session, `?itemId=${potion}&itemId=${sword}`);
  assert.deepEqual(
    json.data.map(({ itemId }: { itemId: string }) => itemId),
    [potion, sword],
  );
  assert.deepEqual((await query(session, "?itemId=nope")).json.data, []);
});

Deno.test(
  "pages join to the whole and name their neighbours",
  async () => {
    await using session = await open();
    for (let count = 0; count < 5; count++) {
      await session.grant("player", {
        itemId: UNSTACKABLE_ITEM_ID,
        quantity: 1,
      });
    }
    const whole = (await query(session)).json.data;
    const pages = [];
    let path: string | undefined = userPath(
      "mygame",
      "player",
      `/entitlements?limit=2&itemId=${UNSTACKABLE_ITEM_ID}`,
    );
    let steps = 0;
    let previous: string | undefined;
    while (path !== undefined) {
      const { json } = await session.call("GET", path);
      pages.push(...json.data);
      previous = json.paging.previous;
      path = json.paging.next;
      steps++;
    }
    assert.equal(steps, 3);
    assert.deepEqual(pages, whole);
    const { json } = await session.call("GET", previous ?? "");
    assert.deepEqual(json.data, whole.slice(2, 4));
  },
);

Deno.test(
  "ended entitlements are listed only when asked for",
  async () => {
    let now = START;
    await using session = await open({ now: () => now });
    await session.grant("player", {
      itemId: DURABLE_ITEM_ID,
      quantity: 1,
      duration: 60,
    });
    assert.equal((await query(session)).json.data.length, 1);
    now += 60_000;
    assert.equal((await query(session)).json.data.length, 0);
    assert.equal(
      (await query(session, "?activeOnly=true")).json.data.length,
      0,
    );
    const { json } = await query(session, "?activeOnly=false");
    assert.equal(json.data[0].status, "INACTIVE");
    assert.equal(json.data[0].endDate, "2026-01-01T00:01:00.000Z");
  },
);

for (
  const search of [
    "?limit=0",
    "?limit=101",
    "?limit=x",
    "?limit=-1",
    "?offset=-1",
    "?offset=1.5",
    "?activeOnly=yes",
  ]
) {
  Deno.test(`the query refuses ${search} with 422`, async () => {
    await using session = await open();
    const reply = await query(session, search);
    assert.deepEqual([reply.status, reply.json.errorCode], [422, 20002]);
    const field = /\?(\w+)=/.exec(search)?.[1];
    assert.equal(reply.json.errors[0].errorField, field);
  });
}

Deno.test("ownership follows grants and their end", async () => {
  let now = START;
  await using session = await open({ now: () => now });
  const search = `?itemId=${DURABLE_ITEM_ID}`;
  assert.deepEqual((await owns(session, search)).json, { owned: false });
  await session.grant("player", {
    itemId: DURABLE_ITEM_ID,
    quantity: 1,
    endDate: "2026-01-01T00:30:00Z",
  });
  assert.deepEqual((await owns(session, search)).json, {
    owned: true,
    endDate: "2026-01-01T00:30:00.000Z",
  });
  now = Date.UTC(2026, 0, 1, 0, 30) - 1;
  assert.equal((await owns(session, search)).json.owned, true);
  now += 1;
  assert.deepEqual((await owns(session, search)).json, { owned: false });
});

Deno.test("ownership without end has no end date", async () => {
  await using session = await open();
  await session.grant("player");
  await session.grant("player", {
    itemId: CONSUMABLE_ITEM_ID,
    quantity: 1,
    duration: 60,
  });
  const reply = await owns(session, `?itemId=${CONSUMABLE_ITEM_ID}`);
  assert.deepEqual(reply.json, { owned: true });
});

Deno.test("ownership needs an item identifier", async () => {
  await using session = await open();
  const reply = await owns(session, "");
  assert.deepEqual([reply.status, reply.json.errorCode], [422, 20002]);
  assert.equal(reply.json.errors[0].errorField, "itemId");
});

Deno.test("the item lookup answers an item of the store", async () => {
  await using session = await open({ now: () => START });
  const path = "/platform/admin/namespaces/mygame/items/";
  const reply = await session.call("GET", path + CONSUMABLE_ITEM_ID);
  assert.equal(reply.status, 200);
  assert.deepEqual(reply.json, {
    itemId: CONSUMABLE_ITEM_ID,
    namespace: "mygame",
    name: "Health potion",
    sku: "health-potion",
    itemType: "INGAMEITEM",
    entitlementType: "CONSUMABLE",
    status: "ACTIVE",
    stackable: true,
    useCount: 1,
    localizations: { en: { title: "Health potion" } },
    regionData: {},
    createdAt: "2026-01-01T00:00:00.000Z",
    updatedAt: "2026-01-01T00:00:00.000Z",
  });
  const unknown = await session.call("GET", `${path}nope`);
  assert.deepEqual([unknown.status, unknown.json.errorCode], [404, 30341]);
});

Deno.test("the store comes from the options", async () => {
  await using session = await open({
    items: [{
      itemId: "helmet",
      name: "Helmet",
      itemType: "INGAMEITEM",
      entitlementType: "DURABLE",
    }],
  });
  const own = await session.grant("player", { itemId: "helmet", quantity: 1 });
  assert.equal(own.status, 200);
  assert.equal((await session.grant("player")).json.errorCode, 30341);
});
