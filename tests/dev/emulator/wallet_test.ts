import assert from "node:assert/strict";
import { COINS_ITEM_ID } from "../../../dev/emulator/mod.ts";
import { creditItemId } from "../../../dev/emulator/wallet.ts";
import { open } from "./_client.ts";
import { assertError, assertGuarded, assertInvalid } from "./_game.ts";

const PATH = "/platform/admin/namespaces/mygame/users/u1/wallets/GOLD/credit";

Deno.test("a credit answers the wallet", async () => {
  const now = Date.UTC(2026, 0, 1);
  await using session = await open({ now: () => now });
  const body = { amount: 5, source: "REWARD", origin: "Steam" };
  const { status, json } = await session.call("PUT", PATH, { body });
  assert.equal(status, 200);
  const { id, ...wallet } = json;
  assert.match(id, /^[0-9a-f]{32}$/);
  assert.deepEqual(wallet, {
    namespace: "mygame",
    userId: "u1",
    currencyCode: "GOLD",
    currencySymbol: "GOLD",
    balance: 5,
    balanceOrigin: "Steam",
    status: "ACTIVE",
    createdAt: "2026-01-01T00:00:00.000Z",
    updatedAt: "2026-01-01T00:00:00.000Z",
  });
  const again = await session.call("PUT", PATH, { body: { amount: 2 } });
  assert.deepEqual([again.json.id, again.json.balance], [id, 7]);
});

Deno.test("credits and coin items fill the same wallet, and are counted apart", async () => {
  await using session = await open();
  await session.grant("u1", { itemId: COINS_ITEM_ID, quantity: 1 });
  await session.call("PUT", PATH, { body: { amount: 5 } });
  await session.call("PUT", PATH, { body: { amount: 6 } });
  const { state } = session.emulator;
  assert.equal(state.balance("u1", "GOLD"), 111);
  assert.deepEqual(state.grantCounts("u1"), {
    [COINS_ITEM_ID]: { grants: 1, quantity: 1 },
    [creditItemId("GOLD")]: { grants: 2, quantity: 11 },
  });
});

Deno.test("a currency that no item credits answers 404", async () => {
  await using session = await open();
  const path = PATH.replace("GOLD", "SILVER");
  const reply = await session.call("PUT", path, { body: { amount: 5 } });
  assertError(reply, 404, { errorCode: 36141 });
});

for (
  const [body, field] of [
    [{}, "amount"],
    [[], ""],
    [{ amount: 0 }, "amount"],
    [{ amount: -1 }, "amount"],
    [{ amount: 0.5 }, "amount"],
    [{ amount: "5" }, "amount"],
    [{ amount: 5, source: "LUCK" }, "source"],
    [{ amount: 5, origin: "Moon" }, "origin"],
    [{ amount: 5, reason: 7 }, "reason"],
    [{ amount: 5, metadata: "m" }, "metadata"],
    [{ amount: 5, expireAt: "2030-01-01T00:00:00Z" }, "expireAt"],
  ] as const
) {
  Deno.test(`a credit like ${JSON.stringify(body)} answers 422`, async () => {
    await using session = await open();
    assertInvalid(await session.call("PUT", PATH, { body }), field);
    assert.equal(session.emulator.state.balance("u1", "GOLD"), 0);
  });
}

Deno.test("a credit takes null for what is not there", async () => {
  await using session = await open();
  const body = { amount: 5, source: null, metadata: null, expireAt: null };
  const reply = await session.call("PUT", PATH, { body });
  assert.deepEqual([reply.status, reply.json.balance], [200, 5]);
});

Deno.test("wallets refuse other tokens, namespaces and media types", async () => {
  await using session = await open();
  await assertGuarded(
    session,
    { method: "PUT", path: PATH, body: { amount: 5 } },
    { resource: "ADMIN:NAMESPACE:othergame:USER:u1:WALLET", action: 4 },
  );
});
