import assert from "node:assert/strict";
import { DEFAULT_SEASON } from "../../../dev/emulator/mod.ts";
import { open } from "./_client.ts";
import { assertGuarded, assertInvalid } from "./_game.ts";

const PATH = "/seasonpass/admin/namespaces/mygame/users/u1/seasons/current/exp";

Deno.test("experience enrols a player and climbs the tiers", async () => {
  let now = Date.UTC(2026, 0, 1);
  await using session = await open({ now: () => now });
  const grant = async (exp: number) =>
    (await session.call("POST", PATH, { body: { exp } })).json;
  assert.deepEqual(await grant(99), {
    namespace: "mygame",
    userId: "u1",
    seasonId: DEFAULT_SEASON.seasonId,
    enrolledAt: "2026-01-01T00:00:00.000Z",
    enrolledPasses: [],
    createdAt: "2026-01-01T00:00:00.000Z",
    updatedAt: "2026-01-01T00:00:00.000Z",
    lastTierIndex: 2,
    currentExp: 99,
    requiredExp: 100,
    cleared: false,
  });
  now += 1000;
  const second = await grant(1);
  assert.equal(second.enrolledAt, "2026-01-01T00:00:00.000Z");
  assert.equal(second.updatedAt, "2026-01-01T00:00:01.000Z");
  assert.deepEqual(
    [second.currentTierIndex, second.currentExp, second.requiredExp],
    [0, 0, 200],
  );
  const last = await grant(500);
  assert.deepEqual(
    [last.currentTierIndex, last.currentExp, last.requiredExp, last.cleared],
    [2, 0, 0, true],
  );
  assert.equal(session.emulator.game.seasonPass.totalExp("u1"), 600);
});

Deno.test("without a season experience is taken and ignored", async () => {
  await using session = await open({ season: null });
  const reply = await session.call("POST", PATH, { body: { exp: 5 } });
  assert.equal(reply.status, 200);
  assert.deepEqual(reply.json, { namespace: "mygame", userId: "u1" });
  assert.equal(session.emulator.game.seasonPass.totalExp("u1"), 0);
});

for (
  const [body, field] of [
    [{}, "exp"],
    [[], ""],
    [{ exp: 0 }, "exp"],
    [{ exp: 1.5 }, "exp"],
    [{ exp: "5" }, "exp"],
    [{ exp: 2 ** 31 }, "exp"],
    [{ exp: 5, source: "GIFT" }, "source"],
    [{ exp: 5, tags: "event" }, "tags"],
  ] as const
) {
  Deno.test(`experience like ${JSON.stringify(body)} answers 422`, async () => {
    await using session = await open();
    assertInvalid(await session.call("POST", PATH, { body }), field);
    assert.equal(session.emulator.game.seasonPass.totalExp("u1"), 0);
  });
}

Deno.test("the season pass refuses other tokens, namespaces and media types", async () => {
  await using session = await open();
  await assertGuarded(
    session,
    { method: "POST", path: PATH, body: { exp: 5 } },
    { resource: "ADMIN:NAMESPACE:othergame:USER:u1:SEASONPASS", action: 4 },
  );
});
