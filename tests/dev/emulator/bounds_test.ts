import assert from "node:assert/strict";
import { createCatalog, DEFAULT_ITEMS } from "../../../dev/emulator/catalog.ts";
import {
  createTransactions,
  MAX_TRANSACTIONS,
} from "../../../dev/emulator/fulfillment_v3.ts";
import {
  createJournal,
  MAX_JOURNAL_GRANTS,
  MAX_JOURNAL_REQUESTS,
} from "../../../dev/emulator/journal.ts";
import {
  createLedger,
  MAX_ENTITLEMENTS,
  MAX_PLAYERS,
} from "../../../dev/emulator/ledger.ts";
import { createRing } from "../../../dev/emulator/ring.ts";
import {
  CONSUMABLE_ITEM_ID,
  type EmulatedItem,
  UNSTACKABLE_ITEM_ID,
} from "../../../dev/emulator/mod.ts";

function item(itemId: string): EmulatedItem {
  const found = createCatalog(DEFAULT_ITEMS).byId(itemId);
  assert.ok(found);
  return found;
}

Deno.test("a ring keeps the newest entries under lasting numbers", () => {
  const ring = createRing<string>(3);
  assert.deepEqual(ring.after(0), []);
  for (const entry of ["a", "b", "c", "d"]) ring.push(entry);
  assert.equal(ring.next, 5);
  assert.deepEqual(ring.after(0), ["b", "c", "d"]);
  assert.deepEqual(ring.after(3), ["d"]);
  assert.deepEqual(ring.after(9), []);
  ring.clear();
  assert.deepEqual(ring.after(0), []);
  ring.push("e");
  assert.deepEqual(ring.after(4), ["e"]);
});

Deno.test("the journal forgets the oldest entries and counts them still", () => {
  const journal = createJournal();
  const requests = MAX_JOURNAL_REQUESTS + 5;
  for (let n = 0; n < requests; n++) {
    journal.addRequest({
      time: n,
      method: "GET",
      path: "/",
      status: 200,
      headers: {},
    }, undefined);
  }
  const grants = MAX_JOURNAL_GRANTS + 7;
  for (let n = 0; n < grants; n++) {
    journal.addGrant({
      time: n,
      userId: "u",
      itemId: "i",
      quantity: 1,
      api: "v1",
    });
  }
  assert.equal(journal.requests().length, MAX_JOURNAL_REQUESTS);
  assert.equal(journal.requests()[0]?.seq, 6);
  assert.equal(journal.grants().length, MAX_JOURNAL_GRANTS);
  assert.equal(journal.grants()[0]?.seq, 8);
  assert.equal(journal.counters.requests, requests);
  assert.equal(journal.counters.grants, grants);
  assert.equal(journal.counters.byStatus["200"], requests);
});

Deno.test("grant counts are exact up to the cap and say when they are not", () => {
  const ledger = createLedger(() => 0);
  const potion = item(CONSUMABLE_ITEM_ID);
  const order = { item: potion, quantity: 2, terms: {} };
  for (let n = 0; n < MAX_PLAYERS; n++) {
    ledger.grant(`player-${n}`, order);
    if (n % 3 === 0) ledger.grant(`player-${n}`, order);
  }
  assert.equal(ledger.players, MAX_PLAYERS);
  assert.equal(ledger.forgotten, 0);
  const twice = ledger.grantedMoreThan(1).map(({ userId }) => userId);
  assert.equal(twice.length, Math.ceil(MAX_PLAYERS / 3));
  assert.deepEqual(twice.slice(0, 2), ["player-0", "player-3"]);
  assert.deepEqual(ledger.grantCount("player-3", CONSUMABLE_ITEM_ID), {
    grants: 2,
    quantity: 4,
  });
  ledger.grant("one too many", order);
  assert.equal(ledger.players, MAX_PLAYERS);
  assert.equal(ledger.forgotten, 1);
  assert.equal(ledger.grantCount("player-0", CONSUMABLE_ITEM_ID).grants, 0);
  assert.equal(ledger.grantCount("player-1", CONSUMABLE_ITEM_ID).grants, 1);
});

Deno.test("a player keeps the newest entitlements of an item", () => {
  let now = 0;
  const ledger = createLedger(() => now);
  const order = { item: item(UNSTACKABLE_ITEM_ID), quantity: 1, terms: {} };
  for (; now < MAX_ENTITLEMENTS + 3; now++) ledger.grant("player", order);
  const held = ledger.entitlements("player");
  assert.equal(held.length, MAX_ENTITLEMENTS);
  assert.equal(held[0]?.createdAt, 3);
  const count = ledger.grantCount("player", UNSTACKABLE_ITEM_ID);
  assert.equal(count.grants, MAX_ENTITLEMENTS + 3);
});

Deno.test("the oldest transaction is forgotten first", () => {
  const now = () => 0;
  const ledger = createLedger(now);
  const transactions = createTransactions({
    namespace: "mygame",
    catalog: createCatalog(DEFAULT_ITEMS),
    ledger,
    journal: createJournal(),
    now,
  });
  const call = (transactionId: string) =>
    transactions.fulfill({
      params: { userId: "player", transactionId },
      query: "",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        items: [{ itemId: CONSUMABLE_ITEM_ID, quantity: 1 }],
      }),
      effects: new Set(),
    });
  const grants = () => ledger.grantCount("player", CONSUMABLE_ITEM_ID).grants;
  for (let n = 0; n < MAX_TRANSACTIONS; n++) call(`tx-${n}`);
  call("tx-0");
  assert.equal(grants(), MAX_TRANSACTIONS);
  call("one more");
  call("tx-1");
  assert.equal(grants(), MAX_TRANSACTIONS + 1);
  call("tx-0");
  assert.equal(grants(), MAX_TRANSACTIONS + 2);
});
