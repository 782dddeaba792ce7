import assert from "node:assert/strict";
import {
  COINS_ITEM_ID,
  CONSUMABLE_ITEM_ID,
  DURABLE_ITEM_ID,
  SUBSCRIPTION_ITEM_ID,
  UNSTACKABLE_ITEM_ID,
} from "../../../dev/emulator/mod.ts";
import { open, userPath } from "./_client.ts";

const START = Date.UTC(2026, 0, 1);
const PATH = userPath("mygame", "player", "/fulfillment");

Deno.test(
  "a consumable is granted with an entitlement summary",
  async () => {
    await using session = await open({ now: () => START });
    const reply = await session.grant("player", {
      itemId: CONSUMABLE_ITEM_ID,
      quantity: 2,
      source: "REWARD",
      origin: "Steam",
    });
    assert.equal(reply.status, 200);
    const { id, entitlementSummaries: [summary], ...rest } = reply.json;
    assert.match(id, /^[0-9a-f]{32}$/);
    assert.deepEqual(rest, { namespace: "mygame", userId: "player" });
    const { id: entitlementId, ...fields } = summary;
    assert.match(entitlementId, /^[0-9a-f]{32}$/);
    assert.deepEqual(fields, {
      namespace: "mygame",
      userId: "player",
      itemId: CONSUMABLE_ITEM_ID,
      name: "Health potion",
      clazz: "ENTITLEMENT",
      type: "CONSUMABLE",
      stackable: true,
      stackedUseCount: 2,
      origin: "Steam",
      createdAt: "2026-01-01T00:00:00.000Z",
      updatedAt: "2026-01-01T00:00:00.000Z",
    });
  },
);

Deno.test(
  "the same call grants a consumable again: there is no idempotency",
  async () => {
    await using session = await open();
    const first = await session.grant("player");
    const second = await session.grant("player");
    assert.notEqual(first.json.id, second.json.id);
    const [one] = first.json.entitlementSummaries;
    const [two] = second.json.entitlementSummaries;
    assert.equal(one.id, two.id);
    assert.deepEqual([one.stackedUseCount, two.stackedUseCount], [1, 2]);
    const { state } = session.emulator;
    assert.deepEqual(state.grantCount("player", CONSUMABLE_ITEM_ID), {
      grants: 2,
      quantity: 2,
    });
    assert.deepEqual(state.grantedMoreThan(1), [
      { userId: "player", itemId: CONSUMABLE_ITEM_ID },
    ]);
    assert.deepEqual(state.grantedMoreThan(2), []);
  },
);

Deno.test(
  "a consumable that does not stack makes an entitlement each time",
  async () => {
    await using session = await open();
    const body = { itemId: UNSTACKABLE_ITEM_ID, quantity: 3 };
    const first = await session.grant("player", body);
    const second = await session.grant("player", body);
    const [one] = first.json.entitlementSummaries;
    const [two] = second.json.entitlementSummaries;
    assert.notEqual(one.id, two.id);
    assert.deepEqual(
      [one.clazz, one.stackable, one.stackedUseCount, two.stackedUseCount],
      ["LOOTBOX", false, 3, 3],
    );
  },
);

Deno.test("uses with other terms do not stack", async () => {
  await using session = await open();
  const ids = new Set();
  for (
    const terms of [
      {},
      { endDate: "2999-01-01T00:00:00Z" },
      { startDate: "2020-01-01T00:00:00Z" },
      { entitlementCollectionId: "season" },
      { origin: "Xbox" },
      { origin: "Xbox" },
    ]
  ) {
    const reply = await session.grant("player", {
      itemId: CONSUMABLE_ITEM_ID,
      quantity: 1,
      ...terms,
    });
    ids.add(reply.json.entitlementSummaries[0].id);
  }
  assert.equal(ids.size, 5);
});

Deno.test("an item can be named by its SKU", async () => {
  await using session = await open();
  const reply = await session.grant("player", {
    itemSku: "health-potion",
    quantity: 1,
  });
  assert.equal(reply.status, 200);
  assert.equal(reply.json.entitlementSummaries[0].itemId, CONSUMABLE_ITEM_ID);
});

Deno.test(
  "a durable item is granted once and then answers 38121",
  async () => {
    await using session = await open();
    const body = { itemId: DURABLE_ITEM_ID, quantity: 1 };
    const first = await session.grant("player", body);
    assert.equal(first.status, 200);
    const [summary] = first.json.entitlementSummaries;
    assert.equal(summary.type, "DURABLE");
    assert.equal("stackedUseCount" in summary, false);
    const second = await session.grant("player", body);
    assert.equal(second.status, 400);
    assert.deepEqual(second.json, {
      errorCode: 38121,
      errorMessage: "Duplicate permanent item exists",
    });
    assert.equal((await session.grant("friend", body)).status, 200);
    const { state, journal } = session.emulator;
    assert.equal(state.grantCount("player", DURABLE_ITEM_ID).grants, 1);
    assert.equal(journal.counters.grants, 2);
  },
);

Deno.test(
  "a durable item can be granted again once it has ended",
  async () => {
    let now = START;
    await using session = await open({ now: () => now, tokenLifetime: 1e6 });
    const body = { itemId: DURABLE_ITEM_ID, quantity: 1, duration: 60 };
    const first = await session.grant("player", body);
    assert.equal(
      first.json.entitlementSummaries[0].endDate,
      "2026-01-01T00:01:00.000Z",
    );
    now += 59_999;
    assert.equal((await session.grant("player", body)).json.errorCode, 38121);
    now += 1;
    assert.equal((await session.grant("player", body)).status, 200);
  },
);

Deno.test(
  "coins credit a wallet and answer credit summaries only",
  async () => {
    await using session = await open();
    const body = { itemId: COINS_ITEM_ID, quantity: 3 };
    const first = await session.grant("player", body);
    const second = await session.grant("player", body);
    assert.equal(first.status, 200);
    const { id: _, creditSummaries: [credit], ...rest } = first.json;
    assert.deepEqual(rest, { namespace: "mygame", userId: "player" });
    const { walletId, ...fields } = credit;
    assert.deepEqual(fields, {
      namespace: "mygame",
      userId: "player",
      amount: 300,
      currencyCode: "GOLD",
    });
    assert.equal(second.json.creditSummaries[0].walletId, walletId);
    assert.equal(session.emulator.state.balance("player", "GOLD"), 600);
    assert.equal(session.emulator.state.balance("player", "GEM"), 0);
  },
);

Deno.test(
  "a subscription needs an end and answers subscription summaries only",
  async () => {
    await using session = await open({ now: () => START });
    const body = { itemId: SUBSCRIPTION_ITEM_ID, quantity: 1 };
    const without = await session.grant("player", body);
    assert.equal(without.status, 400);
    assert.equal(without.json.errorCode, 38122);
    const reply = await session.grant("player", {
      ...body,
      endDate: "2026-02-01T00:00:00Z",
    });
    assert.equal(reply.status, 200);
    const { id: _, subscriptionSummaries: [summary], ...rest } = reply.json;
    assert.deepEqual(rest, { namespace: "mygame", userId: "player" });
    const { id, ...fields } = summary;
    assert.match(id, /^[0-9a-f]{32}$/);
    assert.deepEqual(fields, {
      namespace: "mygame",
      userId: "player",
      itemId: SUBSCRIPTION_ITEM_ID,
      sku: "premium-pass",
      status: "ACTIVE",
      subscribedBy: "PLATFORM",
      currentPeriodStart: "2026-01-01T00:00:00.000Z",
      currentPeriodEnd: "2026-02-01T00:00:00.000Z",
    });
  },
);

Deno.test("an unknown item or SKU answers 404 with 30341", async () => {
  await using session = await open();
  const byId = await session.grant("player", { itemId: "nope", quantity: 1 });
  assert.equal(byId.status, 404);
  assert.deepEqual(byId.json, {
    errorCode: 30341,
    errorMessage: "Item [nope] does not exist in namespace [mygame]",
    messageVariables: { itemId: "nope", namespace: "mygame" },
  });
  const bySku = await session.grant("player", { itemSku: "no", quantity: 1 });
  assert.deepEqual([bySku.status, bySku.json.errorCode], [404, 30341]);
});

const item = { itemId: CONSUMABLE_ITEM_ID, quantity: 1 };
const INVALID: readonly {
  readonly what: string;
  readonly body: unknown;
  readonly fields: readonly string[];
}[] = [
  { what: "no quantity", body: { itemId: item.itemId }, fields: ["quantity"] },
  {
    what: "a null quantity",
    body: { ...item, quantity: null },
    fields: ["quantity"],
  },
  {
    what: "a quantity of 0",
    body: { ...item, quantity: 0 },
    fields: ["quantity"],
  },
  {
    what: "a negative quantity",
    body: { ...item, quantity: -1 },
    fields: ["quantity"],
  },
  {
    what: "a fraction",
    body: { ...item, quantity: 1.5 },
    fields: ["quantity"],
  },
  {
    what: "a quantity in a string",
    body: { ...item, quantity: "1" },
    fields: ["quantity"],
  },
  {
    what: "a quantity beyond 32 bits",
    body: { ...item, quantity: 2 ** 31 },
    fields: ["quantity"],
  },
  { what: "no item", body: { quantity: 1 }, fields: ["itemId"] },
  {
    what: "an empty item",
    body: { itemId: "", quantity: 1 },
    fields: ["itemId"],
  },
  {
    what: "an item of another type",
    body: { itemId: 5, quantity: 1 },
    fields: ["itemId"],
  },
  {
    what: "an unknown source",
    body: { ...item, source: "LOGIN" },
    fields: ["source"],
  },
  {
    what: "a source in lower case",
    body: { ...item, source: "reward" },
    fields: ["source"],
  },
  {
    what: "an unknown origin",
    body: { ...item, origin: "STEAM" },
    fields: ["origin"],
  },
  {
    what: "a date without time",
    body: { ...item, endDate: "2026-01-01" },
    fields: ["endDate"],
  },
  {
    what: "metadata of another type",
    body: { ...item, metadata: [1] },
    fields: ["metadata"],
  },
  {
    what: "a duration of 0",
    body: { ...item, duration: 0 },
    fields: ["duration"],
  },
  { what: "an array", body: [item], fields: [""] },
  {
    what: "two wrong fields",
    body: { ...item, quantity: 0, source: "X" },
    fields: ["quantity", "source"],
  },
];

for (const { what, body, fields } of INVALID) {
  Deno.test(
    `fulfillment refuses ${what} with 422 and 20002`,
    async () => {
      await using session = await open();
      const reply = await session.call("POST", PATH, { body });
      assert.equal(reply.status, 422);
      assert.equal(reply.json.errorCode, 20002);
      assert.deepEqual(
        reply.json.errors.map((error: { errorField: string }) =>
          error.errorField
        ),
        fields,
      );
      for (const error of reply.json.errors) {
        assert.equal(error.errorCode, "20002");
        assert.equal(typeof error.errorMessage, "string");
        assert.equal(typeof error.errorValue, "string");
      }
      assert.equal(session.emulator.journal.counters.grants, 0);
    },
  );
}

Deno.test("a refused value is repeated shortened", async () => {
  await using session = await open();
  const source = "x".repeat(5000);
  const reply = await session.grant("player", { ...item, source });
  assert.equal(reply.json.errors[0].errorValue, source.slice(0, 100));
});

Deno.test(
  "fields that are unknown, null or in order pass",
  async () => {
    await using session = await open();
    const reply = await session.grant("player", {
      ...item,
      source: null,
      itemSku: null,
      metadata: { login: { at: "2026" } },
      orderNo: "1",
      storeId: "s",
      region: "US",
      language: "en",
      startDate: "2026-01-01T00:00:00.000+02:00",
      endDate: "2999-01-01T00:00:00Z",
      somethingNew: true,
    });
    assert.equal(reply.status, 200);
    const [summary] = reply.json.entitlementSummaries;
    assert.equal(summary.startDate, "2025-12-31T22:00:00.000Z");
    assert.equal(summary.endDate, "2999-01-01T00:00:00.000Z");
  },
);

Deno.test(
  "a body that is not JSON answers 400 with 20018",
  async () => {
    await using session = await open();
    const headers = { "content-type": "application/json" };
    for (const body of ["", "{", "itemId=1"]) {
      const reply = await session.call("POST", PATH, { headers, body });
      assert.deepEqual([reply.status, reply.json.errorCode], [400, 20018]);
    }
  },
);

Deno.test("a body of another media type answers 415", async () => {
  await using session = await open();
  const reply = await session.call("POST", PATH, {
    headers: { "content-type": "text/plain" },
    body: JSON.stringify(item),
  });
  assert.deepEqual([reply.status, reply.json.errorCode], [415, 415]);
});

Deno.test("grants at the same time are all counted", async () => {
  await using session = await open();
  const users = Array.from({ length: 50 }, (_, index) => `player-${index}`);
  const replies = await Promise.all(
    [...users, ...users, ...users].map((userId) => session.grant(userId)),
  );
  assert.equal(replies.every(({ status }) => status === 200), true);
  const { state, journal } = session.emulator;
  assert.equal(journal.counters.grants, 150);
  assert.equal(state.players, 50);
  for (const userId of users) {
    assert.equal(state.grantCount(userId, CONSUMABLE_ITEM_ID).grants, 3);
  }
});

Deno.test(
  "of many grants of a durable item at the same time one passes",
  async () => {
    await using session = await open();
    const replies = await Promise.all(
      Array.from(
        { length: 20 },
        () => session.grant("player", { itemId: DURABLE_ITEM_ID, quantity: 1 }),
      ),
    );
    const passed = replies.filter(({ status }) => status === 200);
    const owned = replies.filter(({ status, json }) =>
      status === 400 && json.errorCode === 38121
    );
    assert.deepEqual([passed.length, owned.length], [1, 19]);
  },
);
