import fc from "fast-check";
import assert from "node:assert/strict";
import {
  COINS_ITEM_ID,
  CONSUMABLE_ITEM_ID,
  DURABLE_ITEM_ID,
  SUBSCRIPTION_ITEM_ID,
} from "../../dev/emulator/mod.ts";
import { fulfillItems, transactionIdOf } from "../../lib/ags/fulfillment_v3.ts";
import { fulfillItem } from "../../lib/ags/platform.ts";
import { open, type Session } from "./_client.ts";
import {
  answering,
  assertNotAsked,
  assertRefused,
  bodies,
  NONSENSE,
  refused,
} from "./_refusals.ts";

const ROUTE =
  "/platform/v3/admin/namespaces/{namespace}/users/{userId}/fulfillments/{transactionId}";

const POTION = { itemId: CONSUMABLE_ITEM_ID };
const SWORD = { itemId: DURABLE_ITEM_ID };
const COINS = { itemId: COINS_ITEM_ID };
const REQUEST = { userId: "u1", transactionId: "t1", items: [POTION] };

function grants(session: Session, itemId: string): number {
  return session.emulator.state.grantCount("u1", itemId).grants;
}

Deno.test("fulfillItems() grants all items of a transaction", async () => {
  await using session = await open();
  const { entitlementIds, ...rest } = await fulfillItems(session.bind(), {
    ...REQUEST,
    items: [POTION, SWORD, { ...COINS, quantity: 2 }],
  });
  assert.equal(entitlementIds.length, 2);
  assert.deepEqual(rest, {
    alreadyOwned: false,
    credits: [{ currencyCode: "GOLD", amount: 200 }],
    subscriptions: 0,
  });
});

Deno.test("fulfillItems() sends what it is told, and one item as a reward unless told otherwise", async () => {
  await using session = await open();
  const metadata = { eventId: "e1" };
  await fulfillItems(session.bind(), {
    ...REQUEST,
    items: [POTION, { ...SWORD, quantity: 1, source: "GIFT", metadata }],
  });
  assert.deepEqual(bodies(session, ROUTE), [{
    items: [
      { ...POTION, quantity: 1, source: "REWARD" },
      { ...SWORD, quantity: 1, source: "GIFT", metadata },
    ],
  }]);
});

Deno.test("fulfillItems() grants once however often it is called", async () => {
  await using session = await open();
  const ags = session.bind();
  const first = await fulfillItems(ags, REQUEST);
  assert.deepEqual(await fulfillItems(ags, REQUEST), first);
  assert.equal(grants(session, CONSUMABLE_ITEM_ID), 1);
});

Deno.test("fulfillItems() grants once when 50 deliveries call it at a time", async () => {
  await using session = await open();
  const all = await Promise.all(
    Array.from({ length: 50 }, () => fulfillItems(session.bind(), REQUEST)),
  );
  for (const result of all) assert.deepEqual(result, all[0]);
  assert.equal(grants(session, CONSUMABLE_ITEM_ID), 1);
});

for (const kind of ["resetAfter", "slowBody"] as const) {
  Deno.test(`fulfillItems() grants once when an answer is lost by ${kind}`, async () => {
    await using session = await open({ requestTimeout: 150 });
    await session.client.ready(new AbortController().signal);
    session.emulator.faults.set([{ kind, times: 1 }]);
    const { entitlementIds } = await fulfillItems(session.bind(), REQUEST);
    assert.equal(entitlementIds.length, 1);
    assert.equal(grants(session, CONSUMABLE_ITEM_ID), 1);
    assert.equal(session.seen(ROUTE), 2);
  });
}

Deno.test("fulfillItems() counts a durable item that is owned already as granted", async () => {
  await using session = await open();
  const ags = session.bind();
  await fulfillItem(ags, { userId: "u1", itemId: DURABLE_ITEM_ID });
  assert.deepEqual(await fulfillItems(ags, { ...REQUEST, items: [SWORD] }), {
    alreadyOwned: true,
    entitlementIds: [],
    credits: [],
    subscriptions: 0,
  });
});

Deno.test("fulfillItems() does not take an owned item for a grant of the others", async () => {
  await using session = await open();
  const ags = session.bind();
  await fulfillItem(ags, { userId: "u1", itemId: DURABLE_ITEM_ID });
  await assertRefused(
    fulfillItems(ags, { ...REQUEST, items: [SWORD, POTION] }),
    { status: 400, errorCode: 38121 },
  );
  assert.equal(grants(session, CONSUMABLE_ITEM_ID), 0);
});

Deno.test("fulfillItems() says that a transaction can work later that AGS could not carry out", async () => {
  await using session = await open();
  session.emulator.faults.set([{ kind: "fulfillFailed", times: 1 }]);
  const ags = session.bind();
  const error = await refused(fulfillItems(ags, REQUEST));
  assert.equal(
    error.message,
    `Transaction t1 is FULFILL_FAILED: expected FULFILLED (${CONSUMABLE_ITEM_ID}: fulfillment failed)`,
  );
  assert.equal(error.status, 200);
  assert.equal(error.retryable, true);
  assert.equal(grants(session, CONSUMABLE_ITEM_ID), 0);
  const { entitlementIds } = await fulfillItems(ags, REQUEST);
  assert.equal(entitlementIds.length, 1, "the redelivery is the retry");
  assert.equal(grants(session, CONSUMABLE_ITEM_ID), 1);
});

Deno.test("fulfillItems() keeps the reasons of a failed transaction short", async () => {
  const failedList = Array.from({ length: 100 }, (_, index) => ({
    itemId: `item-${index}`,
    error: "no".repeat(50),
  }));
  const error = await refused(
    fulfillItems(
      answering({ state: "FULFILL_FAILED", stateInfo: { failedList } }),
      REQUEST,
    ),
  );
  assert.equal(error.errorMessage?.length, 200);
  assert.ok(error.message.length < 300);
});

for (const state of ["REVOKED", "REVOKE_FAILED", "NEW_STATE"]) {
  Deno.test(`fulfillItems() fails for good for a transaction that is ${state}`, async () => {
    const error = await refused(fulfillItems(answering({ state }), REQUEST));
    assert.equal(
      error.message,
      `Transaction t1 is ${state}: expected FULFILLED`,
    );
    assert.equal(error.retryable, false);
  });
}

Deno.test("fulfillItems() judges by the state alone, whatever summaries there are", async () => {
  assert.deepEqual(
    await fulfillItems(
      answering({ state: "FULFILLED", subscriptionSummaries: [{}, {}] }),
      REQUEST,
    ),
    { alreadyOwned: false, entitlementIds: [], credits: [], subscriptions: 2 },
  );
});

Deno.test("fulfillItems() fails for good for the same transaction with other items", async () => {
  await using session = await open();
  const ags = session.bind();
  await fulfillItems(ags, REQUEST);
  await assertRefused(fulfillItems(ags, { ...REQUEST, items: [COINS] }), {
    status: 400,
    errorCode: 38128,
  });
  await assertRefused(fulfillItems(ags, { ...REQUEST, userId: "u2" }), {
    status: 400,
    errorCode: 38128,
  });
  assert.equal(session.emulator.journal.counters.grants, 1);
});

const REFUSALS = [
  {
    what: "an item that does not exist",
    items: [{ itemId: "nope" }],
    status: 404,
    errorCode: 30341,
  },
  {
    what: "a subscription without an end",
    items: [{ itemId: SUBSCRIPTION_ITEM_ID }],
    status: 400,
    errorCode: 38122,
  },
  {
    what: "the same item on different terms",
    items: [POTION, { ...POTION, source: "GIFT" as const }],
    status: 400,
    errorCode: 38129,
  },
];

for (const { what, items, ...expected } of REFUSALS) {
  Deno.test(`fulfillItems() fails for good for ${what}`, async () => {
    await using session = await open();
    await assertRefused(
      fulfillItems(session.bind(), { ...REQUEST, items }),
      expected,
    );
    assert.equal(session.seen(ROUTE), 1);
  });
}

for (const errorCode of [35123, 38130]) {
  Deno.test(`fulfillItems() fails for good when AGS answers ${errorCode}`, async () => {
    await using session = await open();
    session.emulator.faults.set([{
      kind: "error",
      status: 400,
      errorCode,
      match: { path: ROUTE },
    }]);
    await assertRefused(fulfillItems(session.bind(), REQUEST), {
      status: 400,
      errorCode,
    });
  });
}

for (const answer of [...NONSENSE, { state: 1 }]) {
  Deno.test(`fulfillItems() refuses an answer that is no fulfillment: ${JSON.stringify(answer)}`, async () => {
    const error = await refused(fulfillItems(answering(answer), REQUEST));
    assert.match(error.message, /expected a fulfillment with its state$/);
    assert.equal(error.retryable, false);
  });
}

for (
  const wrong of [{ items: [] }, { userId: "" }, { transactionId: "" }]
) {
  Deno.test(`fulfillItems() does not ask with ${JSON.stringify(wrong)}`, async () => {
    await using session = await open();
    const request = { ...REQUEST, ...wrong };
    await assertNotAsked(session, fulfillItems(session.bind(), request));
  });
}

const EVENT = { type: "userAuthentication.userLoggedIn", id: "e1" };

Deno.test("transactionIdOf() is the same for each delivery and stays so", () => {
  const id = transactionIdOf({ ...EVENT }, { userId: "u1" });
  assert.equal(id, transactionIdOf({ ...EVENT }, { userId: "u1", part: "" }));
  // A new release that named it otherwise would grant redelivered events again.
  assert.equal(id, "46609040872a409c92474b1067363950");
});

Deno.test("transactionIdOf() has the form of AGS's own ids, and differs for anything that differs", () => {
  const text = fc.string({ maxLength: 5 });
  const named = fc.record({ type: text, id: text, userId: text, part: text });
  const idOf = (
    { type, id, ...options }: Record<"type" | "id" | "userId" | "part", string>,
  ) => transactionIdOf({ type, id }, options);
  fc.assert(fc.property(named, named, (one, other) => {
    assert.match(idOf(one), /^[0-9a-f]{32}$/);
    const isSame = JSON.stringify(one) === JSON.stringify(other);
    assert.equal(idOf(one) === idOf(other), isSame);
  }));
});

Deno.test("transactionIdOf() does not confuse parts that run into each other", () => {
  const ids = [
    transactionIdOf({ type: "a.b", id: "c" }, { userId: "d" }),
    transactionIdOf({ type: "a", id: ".bc" }, { userId: "d" }),
    transactionIdOf({ type: "a.b", id: "cd" }, { userId: "" }),
    transactionIdOf({ type: "a.b", id: "c" }, { userId: "", part: "d" }),
    transactionIdOf({ type: 'a.b","c', id: "" }, { userId: "d" }),
  ];
  assert.equal(new Set(ids).size, ids.length);
});
