import assert from "node:assert/strict";
import {
  COINS_ITEM_ID,
  CONSUMABLE_ITEM_ID,
  DURABLE_ITEM_ID,
  SUBSCRIPTION_ITEM_ID,
} from "../../../dev/emulator/mod.ts";
import { open } from "./_client.ts";

const potion = { itemId: CONSUMABLE_ITEM_ID, quantity: 1 };
const sword = { itemId: DURABLE_ITEM_ID, quantity: 1 };
const coins = { itemId: COINS_ITEM_ID, quantity: 2 };

Deno.test(
  "a transaction grants all its items and says so",
  async () => {
    await using session = await open();
    const reply = await session.transact("player", "tx-1", {
      items: [potion, coins, { itemSku: "founder-sword", quantity: 1 }],
    });
    assert.equal(reply.status, 200);
    const { json } = reply;
    assert.equal(json.state, "FULFILLED");
    assert.equal(json.transactionId, "tx-1");
    assert.equal(json.userId, "player");
    assert.equal(json.namespace, "mygame");
    assert.deepEqual(json.stateInfo, {
      successList: [
        { itemId: CONSUMABLE_ITEM_ID, itemSku: "health-potion" },
        { itemId: COINS_ITEM_ID, itemSku: "gold-purse" },
        { itemId: DURABLE_ITEM_ID, itemSku: "founder-sword" },
      ],
      failedList: [],
    });
    assert.deepEqual(json.items[1], {
      itemId: COINS_ITEM_ID,
      itemSku: "gold-purse",
      itemName: "Purse of gold",
      itemType: "COINS",
      quantity: 2,
    });
    assert.equal(json.entitlementSummaries.length, 2);
    assert.equal(json.creditSummaries[0].amount, 200);
    assert.deepEqual(
      session.emulator.journal.grants().map((
        { itemId, api, transactionId },
      ) => ({
        itemId,
        api,
        transactionId,
      })),
      [potion, coins, sword].map(({ itemId }) => ({
        itemId,
        api: "v3",
        transactionId: "tx-1",
      })),
    );
  },
);

Deno.test(
  "the same transaction answers the same and grants once",
  async () => {
    await using session = await open();
    const body = { items: [{ ...potion, metadata: { a: 1, b: 2 } }, sword] };
    const same = {
      items: [
        { metadata: { b: 2, a: 1 }, quantity: 1, itemId: potion.itemId },
        { ...sword, source: null },
      ],
    };
    const first = await session.transact("player", "tx-1", body);
    const second = await session.transact("player", "tx-1", same);
    assert.equal(first.status, 200);
    assert.equal(second.status, 200);
    assert.deepEqual(second.json, first.json);
    assert.equal(session.emulator.journal.counters.grants, 2);
  },
);

Deno.test(
  "one transaction sent many times at once grants once",
  async () => {
    await using session = await open();
    const replies = await Promise.all(
      Array.from(
        { length: 20 },
        () => session.transact("player", "tx-1", { items: [potion] }),
      ),
    );
    assert.equal(new Set(replies.map(({ text }) => text)).size, 1);
    const count = session.emulator.state.grantCount(
      "player",
      CONSUMABLE_ITEM_ID,
    );
    assert.equal(count.grants, 1);
  },
);

Deno.test("another transaction grants again", async () => {
  await using session = await open();
  await session.transact("player", "tx-1", { items: [potion] });
  await session.transact("player", "tx-2", { items: [potion] });
  const count = session.emulator.state.grantCount("player", CONSUMABLE_ITEM_ID);
  assert.equal(count.grants, 2);
});

Deno.test(
  "the same transaction with another payload answers 38128",
  async () => {
    await using session = await open();
    await session.transact("player", "tx-1", { items: [potion] });
    for (
      const items of [
        [{ ...potion, quantity: 2 }],
        [potion, coins],
        [{ ...potion, metadata: { a: 1 } }],
        [coins],
      ]
    ) {
      const reply = await session.transact("player", "tx-1", { items });
      assert.deepEqual([reply.status, reply.json.errorCode], [400, 38128]);
    }
    const other = await session.transact("friend", "tx-1", { items: [potion] });
    assert.deepEqual([other.status, other.json.errorCode], [400, 38128]);
    assert.equal(session.emulator.journal.counters.grants, 1);
  },
);

Deno.test(
  "a refused transaction grants nothing and is not remembered",
  async () => {
    await using session = await open();
    await session.transact("player", "tx-1", { items: [sword] });
    const owned = await session.transact("player", "tx-2", {
      items: [potion, sword],
    });
    assert.deepEqual([owned.status, owned.json.errorCode], [400, 38121]);
    const count = session.emulator.state.grantCount(
      "player",
      CONSUMABLE_ITEM_ID,
    );
    assert.equal(count.grants, 0);
    const reply = await session.transact("player", "tx-2", { items: [potion] });
    assert.equal(reply.status, 200);
  },
);

Deno.test(
  "a durable item twice in one transaction answers 38121",
  async () => {
    await using session = await open();
    const reply = await session.transact("player", "tx", {
      items: [sword, sword],
    });
    assert.deepEqual([reply.status, reply.json.errorCode], [400, 38121]);
    assert.equal(session.emulator.journal.counters.grants, 0);
  },
);

Deno.test(
  "the same item on different terms answers 38129",
  async () => {
    await using session = await open();
    const reply = await session.transact("player", "tx", {
      items: [
        { ...potion, source: "REWARD" },
        { itemSku: "health-potion", quantity: 5, source: "GIFT" },
      ],
    });
    assert.equal(reply.status, 400);
    assert.deepEqual(reply.json, {
      errorCode: 38129,
      errorMessage:
        `Cannot combine same item [${CONSUMABLE_ITEM_ID}] with different [source] value`,
      messageVariables: { itemId: CONSUMABLE_ITEM_ID, fieldName: "source" },
    });
    const same = await session.transact("player", "tx", {
      items: [potion, { itemSku: "health-potion", quantity: 5 }],
    });
    assert.equal(same.status, 200);
  },
);

Deno.test(
  "an unknown item answers 30341 and an unknown SKU 30343",
  async () => {
    await using session = await open();
    const byId = await session.transact("player", "tx", {
      items: [potion, { itemId: "nope", quantity: 1 }],
    });
    assert.deepEqual([byId.status, byId.json.errorCode], [404, 30341]);
    const bySku = await session.transact("player", "tx", {
      items: [potion, { itemSku: "nope", quantity: 1 }],
    });
    assert.deepEqual([bySku.status, bySku.json.errorCode], [404, 30343]);
    assert.equal(session.emulator.journal.counters.grants, 0);
  },
);

Deno.test("a subscription in a transaction needs an end", async () => {
  await using session = await open();
  const item = { itemId: SUBSCRIPTION_ITEM_ID, quantity: 1 };
  const without = await session.transact("player", "tx", { items: [item] });
  assert.deepEqual([without.status, without.json.errorCode], [400, 38122]);
  const reply = await session.transact("player", "tx", {
    items: [{ ...item, duration: 3600 }],
  });
  assert.equal(reply.json.subscriptionSummaries.length, 1);
});

const INVALID: readonly {
  readonly what: string;
  readonly body: object;
  readonly field: string;
}[] = [
  { what: "no items", body: {}, field: "items" },
  { what: "an empty list", body: { items: [] }, field: "items" },
  {
    what: "an entry without quantity",
    body: { items: [potion, { itemId: CONSUMABLE_ITEM_ID }] },
    field: "items.1.quantity",
  },
  {
    what: "an entry without item",
    body: { items: [{ quantity: 1 }] },
    field: "items.0.itemId",
  },
  {
    what: "101 entries",
    body: { items: Array.from({ length: 101 }, () => potion) },
    field: "items",
  },
];

for (const { what, body, field } of INVALID) {
  Deno.test(`a transaction refuses ${what} with 422`, async () => {
    await using session = await open();
    const reply = await session.transact("player", "tx", body);
    assert.deepEqual([reply.status, reply.json.errorCode], [422, 20002]);
    assert.deepEqual(
      reply.json.errors.map((error: { errorField: string }) =>
        error.errorField
      ),
      [field],
    );
  });
}
