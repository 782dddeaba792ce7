import assert from "node:assert/strict";
import { COINS_ITEM_ID } from "../../dev/emulator/mod.ts";
import { AgsError } from "../../lib/ags/errors.ts";
import { fulfillItem } from "../../lib/ags/platform.ts";
import { creditWallet } from "../../lib/ags/wallet.ts";
import { open, rejection } from "./_client.ts";
import {
  answering,
  assertNotAsked,
  assertRefused,
  bodies,
  NONSENSE,
  refused,
} from "./_refusals.ts";

const ROUTE =
  "/platform/admin/namespaces/{namespace}/users/{userId}/wallets/{currencyCode}/credit";
const REQUEST = { userId: "u1", currencyCode: "GOLD", amount: 5 };

Deno.test("creditWallet() credits and says what is in the wallet", async () => {
  await using session = await open();
  const ags = session.bind();
  const wallet = await creditWallet(ags, REQUEST);
  assert.deepEqual(wallet, { id: wallet.id, currencyCode: "GOLD", balance: 5 });
  assert.deepEqual(await creditWallet(ags, { ...REQUEST, amount: 7 }), {
    ...wallet,
    balance: 12,
  });
  assert.equal(session.emulator.state.balance("u1", "GOLD"), 12);
  assert.equal(session.emulator.state.balance("u2", "GOLD"), 0);
});

Deno.test("creditWallet() credits the wallet that coin items credit too", async () => {
  await using session = await open();
  const ags = session.bind();
  await fulfillItem(ags, { userId: "u1", itemId: COINS_ITEM_ID });
  assert.equal((await creditWallet(ags, REQUEST)).balance, 105);
});

Deno.test("creditWallet() sends what it is told, and a reward unless told otherwise", async () => {
  await using session = await open();
  const ags = session.bind();
  await creditWallet(ags, REQUEST);
  await creditWallet(ags, {
    ...REQUEST,
    source: "REFUND",
    reason: "Lost match",
    metadata: { eventId: "e1" },
  });
  assert.deepEqual(bodies(session, ROUTE), [
    { amount: 5, source: "REWARD" },
    {
      amount: 5,
      source: "REFUND",
      reason: "Lost match",
      metadata: { eventId: "e1" },
    },
  ]);
});

Deno.test("creditWallet() fails when an answer got lost, and credits again when it is called again", async () => {
  await using session = await open();
  session.emulator.faults.set([{
    kind: "resetAfter",
    times: 1,
    match: { path: ROUTE },
  }]);
  const error = await rejection(creditWallet(session.bind(), REQUEST));
  assert.ok(error instanceof AgsError && error.retryable);
  assert.equal((await creditWallet(session.bind(), REQUEST)).balance, 10);
});

Deno.test("creditWallet() fails for good for a closed wallet", async () => {
  await using session = await open();
  session.emulator.faults.set([{
    kind: "error",
    status: 400,
    errorCode: 35123,
    match: { path: ROUTE },
  }]);
  await assertRefused(creditWallet(session.bind(), REQUEST), {
    status: 400,
    errorCode: 35123,
  });
});

Deno.test("creditWallet() fails for good for a currency that does not exist", async () => {
  await using session = await open();
  await assertRefused(
    creditWallet(session.bind(), { ...REQUEST, currencyCode: "SILVER" }),
    { status: 404, errorCode: 36141 },
  );
});

for (const amount of [0, -5, 0.5, NaN, Infinity, 2 ** 53]) {
  Deno.test(`creditWallet() does not ask for ${amount} coins`, async () => {
    await using session = await open();
    const ags = session.bind();
    await assertNotAsked(session, creditWallet(ags, { ...REQUEST, amount }));
  });
}

for (const field of ["userId", "currencyCode"] as const) {
  Deno.test(`creditWallet() blames the event for an empty ${field}`, async () => {
    await using session = await open();
    const ags = session.bind();
    await assertNotAsked(
      session,
      creditWallet(ags, { ...REQUEST, [field]: "" }),
    );
  });
}

for (const answer of NONSENSE) {
  Deno.test(`creditWallet() refuses an answer that is no wallet: ${JSON.stringify(answer)}`, async () => {
    const error = await refused(creditWallet(answering(answer), REQUEST));
    assert.match(error.message, /expected a wallet$/);
    assert.equal(error.retryable, false, "asking again could credit twice");
  });
}
