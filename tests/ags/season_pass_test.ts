import assert from "node:assert/strict";
import { DEFAULT_SEASON } from "../../dev/emulator/mod.ts";
import { grantSeasonExp } from "../../lib/ags/season_pass.ts";
import { open } from "./_client.ts";
import {
  answering,
  assertNotAsked,
  assertRefused,
  bodies,
  NONSENSE,
  refused,
} from "./_refusals.ts";

const ROUTE =
  "/seasonpass/admin/namespaces/{namespace}/users/{userId}/seasons/current/exp";
const { seasonId } = DEFAULT_SEASON;

Deno.test("grantSeasonExp() grants and says how far the player is", async () => {
  await using session = await open();
  const ags = session.bind();
  const grant = (exp: number) => grantSeasonExp(ags, { userId: "u1", exp });
  assert.deepEqual(await grant(50), {
    seasonId,
    currentTierIndex: undefined,
    currentExp: 50,
    requiredExp: 100,
    cleared: false,
  });
  assert.deepEqual(await grant(70), {
    seasonId,
    currentTierIndex: 0,
    currentExp: 20,
    requiredExp: 200,
    cleared: false,
  });
  assert.deepEqual(await grant(1000), {
    seasonId,
    currentTierIndex: 2,
    currentExp: 520,
    requiredExp: 0,
    cleared: true,
  });
  assert.equal(session.emulator.game.seasonPass.totalExp("u1"), 1120);
});

Deno.test("grantSeasonExp() sends what it is told, and experience that was played for unless told otherwise", async () => {
  await using session = await open();
  const ags = session.bind();
  await grantSeasonExp(ags, { userId: "u1", exp: 1 });
  await grantSeasonExp(ags, {
    userId: "u1",
    exp: 2,
    source: "PAID_FOR",
    tags: ["event"],
  });
  assert.deepEqual(bodies(session, ROUTE), [
    { exp: 1, source: "SWEAT" },
    { exp: 2, source: "PAID_FOR", tags: ["event"] },
  ]);
});

Deno.test("grantSeasonExp() says when there is no season to grant in", async () => {
  await using session = await open({ emulator: { season: null } });
  const ags = session.bind();
  const progress = await grantSeasonExp(ags, { userId: "u1", exp: 1 });
  assert.equal(progress, undefined);
  assert.equal(session.emulator.game.seasonPass.totalExp("u1"), 0);
});

Deno.test("grantSeasonExp() fails for good in a publisher's namespace", async () => {
  await using session = await open();
  session.emulator.faults.set([{
    kind: "error",
    status: 400,
    errorCode: 20026,
    match: { path: ROUTE },
  }]);
  await assertRefused(
    grantSeasonExp(session.bind(), { userId: "u1", exp: 1 }),
    {
      status: 400,
      errorCode: 20026,
    },
  );
});

for (const exp of [0, -1, 1.5, NaN, Infinity, 2 ** 53]) {
  Deno.test(`grantSeasonExp() does not ask for ${exp} experience`, async () => {
    await using session = await open();
    const ags = session.bind();
    await assertNotAsked(session, grantSeasonExp(ags, { userId: "u1", exp }));
  });
}

Deno.test("grantSeasonExp() fails for good for more experience than AGS can hold", async () => {
  await using session = await open();
  await assertRefused(
    grantSeasonExp(session.bind(), { userId: "u1", exp: 2 ** 31 }),
    { status: 422, errorCode: 20002 },
  );
});

for (const answer of NONSENSE) {
  Deno.test(`grantSeasonExp() refuses an answer that is no summary: ${JSON.stringify(answer)}`, async () => {
    const error = await refused(
      grantSeasonExp(answering(answer), { userId: "u1", exp: 1 }),
    );
    assert.match(error.message, /expected a season summary$/);
    assert.equal(error.retryable, false, "asking again could grant twice");
  });
}
