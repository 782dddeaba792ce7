import assert from "node:assert/strict";
import {
  COINS_ITEM_ID,
  CONSUMABLE_ITEM_ID,
  DURABLE_ITEM_ID,
  SUBSCRIPTION_ITEM_ID,
  UNSTACKABLE_ITEM_ID,
} from "../../dev/emulator/mod.ts";
import { AgsError } from "../../lib/ags/errors.ts";
import {
  fulfillItem,
  type FulfillItemRequest,
  queryEntitlements,
} from "../../lib/ags/platform.ts";
import type { Ags } from "../../lib/core/context.ts";
import { TerminalError } from "../../lib/core/errors.ts";
import { FULFILLMENT, open, rejection } from "./_client.ts";

const REQUEST: FulfillItemRequest = { userId: "u1", itemId: "i1" };

/** An AGS that answers every request the same. */
function answering(answer: unknown): Ags {
  return {
    namespace: "mygame",
    request: <T>() => Promise.resolve(answer as T),
  };
}

async function refused(promise: Promise<unknown>): Promise<AgsError> {
  const error = await rejection(promise);
  assert.ok(error instanceof AgsError, String(error));
  return error;
}

Deno.test("fulfillItem() grants one item as a reward unless told otherwise", async () => {
  await using session = await open();
  const { entitlementIds, ...rest } = await fulfillItem(session.bind(), {
    userId: "u1",
    itemId: DURABLE_ITEM_ID,
  });
  assert.equal(entitlementIds.length, 1);
  assert.deepEqual(rest, {
    alreadyOwned: false,
    credits: [],
    subscriptions: 0,
  });
  const [, request] = session.emulator.journal.requests();
  assert.equal(request?.route, FULFILLMENT);
  assert.deepEqual(request?.body, {
    itemId: DURABLE_ITEM_ID,
    quantity: 1,
    source: "REWARD",
  });
});

Deno.test("fulfillItem() sends what it is told", async () => {
  await using session = await open();
  const { entitlementIds } = await fulfillItem(session.bind(), {
    userId: "u1",
    itemId: CONSUMABLE_ITEM_ID,
    quantity: 3,
    source: "ACHIEVEMENT",
    metadata: { eventId: "e1" },
  });
  const [, request] = session.emulator.journal.requests();
  assert.deepEqual(request?.body, {
    itemId: CONSUMABLE_ITEM_ID,
    quantity: 3,
    source: "ACHIEVEMENT",
    metadata: { eventId: "e1" },
  });
  assert.equal(entitlementIds.length, 1);
  assert.deepEqual(
    session.emulator.state.grantCount("u1", CONSUMABLE_ITEM_ID),
    { grants: 1, quantity: 3 },
  );
});

Deno.test("fulfillItem() reaches the player it names, whatever the id looks like", async () => {
  await using session = await open();
  const userId = "u 1%2F?#ü";
  await fulfillItem(session.bind(), { userId, itemId: DURABLE_ITEM_ID });
  assert.equal(
    session.emulator.state.grantCount(userId, DURABLE_ITEM_ID).grants,
    1,
  );
});

Deno.test("fulfillItem() counts coins as granted", async () => {
  await using session = await open();
  const result = await fulfillItem(session.bind(), {
    userId: "u1",
    itemId: COINS_ITEM_ID,
    quantity: 2,
  });
  assert.deepEqual(result, {
    alreadyOwned: false,
    entitlementIds: [],
    credits: [{ currencyCode: "GOLD", amount: 200 }],
    subscriptions: 0,
  });
  assert.equal(session.emulator.state.balance("u1", "GOLD"), 200);
});

Deno.test("fulfillItem() counts coins as granted where AGS does not say which", async () => {
  const ags = answering({ creditSummaries: [{ amount: 5, walletId: "w" }] });
  const { credits } = await fulfillItem(ags, REQUEST);
  assert.deepEqual(credits, [{ amount: 5 }]);
});

Deno.test("fulfillItem() counts a subscription as granted", async () => {
  const ags = answering({ subscriptionSummaries: [{ id: "s1" }] });
  assert.deepEqual(await fulfillItem(ags, REQUEST), {
    alreadyOwned: false,
    entitlementIds: [],
    credits: [],
    subscriptions: 1,
  });
});

Deno.test("fulfillItem() takes lists that are null or empty beside one that is not", async () => {
  const ags = answering({
    entitlementSummaries: null,
    creditSummaries: [],
    subscriptionSummaries: [{}],
  });
  assert.equal((await fulfillItem(ags, REQUEST)).subscriptions, 1);
});

Deno.test("fulfillItem() counts a durable item that is owned already as granted", async () => {
  await using session = await open();
  const request = { userId: "u1", itemId: DURABLE_ITEM_ID };
  const first = await fulfillItem(session.bind(), request);
  const second = await fulfillItem(session.bind(), request);
  assert.equal(first.alreadyOwned, false);
  assert.deepEqual(second, {
    alreadyOwned: true,
    entitlementIds: [],
    credits: [],
    subscriptions: 0,
  });
  assert.equal(session.seen(FULFILLMENT), 2, "38121 is not asked again");
  assert.equal(
    session.emulator.state.grantCount("u1", DURABLE_ITEM_ID).grants,
    1,
  );
});

for (const kind of ["resetAfter", "slowBody"] as const) {
  Deno.test(`fulfillItem() fails when its answer is lost by ${kind}, and then finds the durable item owned`, async () => {
    await using session = await open({ requestTimeout: 150 });
    await session.client.ready(new AbortController().signal);
    session.emulator.faults.set([{ kind, times: 1 }]);
    const request = { userId: "u1", itemId: DURABLE_ITEM_ID };
    const error = await rejection(fulfillItem(session.bind(), request));
    assert.ok(error instanceof AgsError && error.retryable);
    const { alreadyOwned } = await fulfillItem(session.bind(), request);
    assert.equal(alreadyOwned, true);
    assert.equal(
      session.emulator.state.grantCount("u1", DURABLE_ITEM_ID).grants,
      1,
    );
  });
}

Deno.test("fulfillItem() grants each time it is called: v1 has no idempotency key", async () => {
  await using session = await open();
  const request = { userId: "u1", itemId: UNSTACKABLE_ITEM_ID };
  const ids = new Set<string>();
  for (let time = 0; time < 3; time++) {
    const result = await fulfillItem(session.bind(), request);
    for (const id of result.entitlementIds) ids.add(id);
  }
  assert.equal(ids.size, 3);
});

Deno.test("fulfillItem() fails for good for an item that does not exist", async () => {
  await using session = await open();
  const error = await refused(
    fulfillItem(session.bind(), { userId: "u1", itemId: "nope" }),
  );
  assert.equal(error.status, 404);
  assert.equal(error.errorCode, 30341);
  assert.equal(error.retryable, false);
  assert.equal(error.fault, "state");
  assert.equal(session.seen(FULFILLMENT), 1);
});

Deno.test("fulfillItem() fails for good for a subscription without an end", async () => {
  await using session = await open();
  const error = await refused(
    fulfillItem(session.bind(), { userId: "u1", itemId: SUBSCRIPTION_ITEM_ID }),
  );
  assert.equal(error.errorCode, 38122);
  assert.equal(error.retryable, false);
});

Deno.test("fulfillItem() fails for good for a closed wallet", async () => {
  await using session = await open();
  session.emulator.faults.set([{
    kind: "error",
    status: 400,
    errorCode: 35123,
    match: { path: FULFILLMENT },
  }]);
  const error = await refused(fulfillItem(session.bind(), REQUEST));
  assert.equal(error.errorCode, 35123);
  assert.equal(error.retryable, false);
});

Deno.test("fulfillItem() fails for good when AGS names nothing granted", async () => {
  await using session = await open();
  session.emulator.faults.set([{ kind: "noSummaries" }]);
  const error = await refused(
    fulfillItem(session.bind(), { userId: "u1", itemId: DURABLE_ITEM_ID }),
  );
  assert.match(error.message, /^AGS reported no grant for item e0+1:/);
  assert.equal(error.retryable, false, "asking again could grant twice");
  assert.equal(session.seen(FULFILLMENT), 1);
});

const NOTHING_GRANTED: readonly (readonly [string, unknown])[] = [
  ["nothing", undefined],
  ["null", null],
  ["text", "granted"],
  ["a list", [{ id: "e1" }]],
  ["empty lists", {
    entitlementSummaries: [],
    creditSummaries: [],
    subscriptionSummaries: [],
  }],
  ["a list that is none", { entitlementSummaries: { id: "e1" } }],
  ["an entitlement that is none", { entitlementSummaries: ["e1"] }],
  ["a credit without an amount", { creditSummaries: [{}] }],
  ["a subscription that is none", { subscriptionSummaries: [1] }],
];

for (const [what, answer] of NOTHING_GRANTED) {
  Deno.test(`fulfillItem() takes ${what} for no grant`, async () => {
    const error = await refused(fulfillItem(answering(answer), REQUEST));
    assert.match(error.message, /^AGS reported no grant/);
    assert.equal(error.retryable, false);
  });
}

Deno.test("fulfillItem() blames the event for a player without an id", async () => {
  await using session = await open();
  const error = await rejection(
    fulfillItem(session.bind(), { userId: "", itemId: DURABLE_ITEM_ID }),
  );
  assert.ok(error instanceof TerminalError);
  assert.equal(error.fault, "event");
  assert.equal(session.emulator.journal.counters.requests, 0);
});

Deno.test("queryEntitlements() lists what a player owns", async () => {
  await using session = await open();
  const ags = session.bind();
  for (const itemId of [DURABLE_ITEM_ID, CONSUMABLE_ITEM_ID]) {
    await fulfillItem(ags, { userId: "u1", itemId, quantity: 1 });
  }
  const owned = await queryEntitlements(ags, { userId: "u1" });
  assert.deepEqual(
    owned.map(({ itemId, status, useCount }) => [itemId, status, useCount]),
    [
      [DURABLE_ITEM_ID, "ACTIVE", undefined],
      [CONSUMABLE_ITEM_ID, "ACTIVE", 1],
    ],
  );
  assert.deepEqual(await queryEntitlements(ags, { userId: "u2" }), []);
});

Deno.test("queryEntitlements() lists only the items it is asked for, a page at a time", async () => {
  await using session = await open();
  const ags = session.bind();
  const itemIds = [UNSTACKABLE_ITEM_ID, DURABLE_ITEM_ID];
  for (const itemId of [...itemIds, ...itemIds, CONSUMABLE_ITEM_ID]) {
    await fulfillItem(ags, { userId: "u1", itemId });
  }
  const list = async (options: object) =>
    (await queryEntitlements(ags, { userId: "u1", ...options }))
      .map(({ itemId }) => itemId);
  assert.deepEqual(await list({ itemIds: [UNSTACKABLE_ITEM_ID] }), [
    UNSTACKABLE_ITEM_ID,
    UNSTACKABLE_ITEM_ID,
  ]);
  assert.equal((await list({ itemIds })).length, 3);
  assert.equal((await list({})).length, 4);
  assert.equal((await list({ limit: 3 })).length, 3);
  assert.equal((await list({ limit: 3, offset: 3 })).length, 1);
});

Deno.test("queryEntitlements() asks for entitlements in force unless told otherwise", async () => {
  let now = Date.now();
  await using session = await open({ emulator: { now: () => now } });
  const ags = session.bind();
  await ags.request("POST", FULFILLMENT, {
    params: { userId: "u1" },
    body: { itemId: DURABLE_ITEM_ID, quantity: 1, duration: 60 },
  });
  const list = (options: object) =>
    queryEntitlements(ags, { userId: "u1", ...options });
  assert.equal((await list({})).length, 1);
  now += 61_000;
  assert.equal((await list({})).length, 0);
  const [ended] = await list({ activeOnly: false });
  assert.equal(ended?.status, "INACTIVE");
});

for (const answer of [undefined, null, [], {}, { data: [{ id: 1 }] }]) {
  Deno.test(`queryEntitlements() refuses an answer that is no page: ${JSON.stringify(answer)}`, async () => {
    const error = await refused(
      queryEntitlements(answering(answer), { userId: "u1" }),
    );
    assert.match(error.message, /without entitlements/);
    assert.equal(error.retryable, false);
  });
}
