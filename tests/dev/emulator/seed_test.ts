import assert from "node:assert/strict";
import {
  CONSUMABLE_ITEM_ID,
  parseSeed,
  SeedError,
} from "../../../dev/emulator/mod.ts";
import { open, userPath } from "./_client.ts";

const SEED = JSON.stringify({
  currencies: ["GEMS"],
  stats: [{ statCode: "wins", maximum: 5 }, { statCode: "kills" }],
  achievements: [{
    achievementCode: "winner",
    incremental: { statCode: "wins", goal: 3 },
  }],
  leaderboards: [{ leaderboardCode: "winners", statCode: "wins" }],
  items: [{ itemId: "hat", name: "Hat", entitlementType: "DURABLE" }],
  season: null,
  players: [{
    userId: "u1",
    displayName: "Una",
    statistics: { wins: 3 },
    wallets: { GEMS: 50 },
    items: [{ itemId: "hat" }],
  }],
});

Deno.test("a seed adds a game's own codes and players to the emulator", async () => {
  await using session = await open(parseSeed(SEED));
  const { state, game } = session.emulator;
  assert.equal(game.statistics.value("u1", "wins"), 3);
  assert.deepEqual(game.achievements.unlocked("u1"), ["winner"]);
  assert.equal(state.balance("u1", "GEMS"), 50);
  const again = await session.grant("u1", { itemId: "hat", quantity: 1 });
  assert.equal(again.json.errorCode, 38121, "owned already");
  assert.equal((await session.grant("u2")).status, 200, "default items stay");
  const user = await session.call(
    "GET",
    "/iam/v3/admin/namespaces/mygame/users/u1",
  );
  assert.equal(user.json.displayName, "Una");
  const credit = await session.call(
    "PUT",
    userPath("mygame", "u1", "/wallets/GEMS/credit"),
    {
      body: { amount: 1 },
      headers: { "content-type": "application/json" },
    },
  );
  assert.equal(credit.json.balance, 51);
  session.emulator.reset();
  assert.equal(session.emulator.state.balance("u1", "GEMS"), 50);
});

Deno.test("another seed starts the game anew, and keeps tokens, faults and journal", async () => {
  await using session = await open();
  assert.equal((await session.grant("u1")).status, 200);
  session.emulator.reseed(parseSeed(SEED));
  const { state, journal } = session.emulator;
  assert.equal(state.grantCount("u1", CONSUMABLE_ITEM_ID).grants, 0);
  assert.equal(journal.requests().length, 1);
  assert.equal((await session.grant("u1")).status, 200, "the token is good");
  assert.throws(
    () =>
      session.emulator.reseed(parseSeed(
        JSON.stringify({ players: [{ userId: "u", statistics: { no: 1 } }] }),
      )),
    /Cannot seed player "u": the statistic "no" does not exist/,
  );
  assert.equal(session.emulator.state.balance("u1", "GEMS"), 50, "stays");
});

for (
  const [text, problem] of [
    ["{", /^it is not JSON: /],
    ["[]", /^it: /],
    ['{"stats":[{"statcode":"x"}]}', /^stats\.0\.statCode: .*statcode/],
    ['{"items":[{"itemId":"","name":"x"}]}', /^items\.0\.itemId: /],
    ['{"levels":[]}', /^it: .*levels/],
  ] as const
) {
  Deno.test(`the seed ${text} is refused by place and reason`, () => {
    assert.throws(() => parseSeed(text), (error) => {
      assert.ok(error instanceof SeedError);
      assert.match(error.message, problem);
      return true;
    });
  });
}

Deno.test("the project's own seed can be used", async () => {
  const file = new URL("../../../emulator/seed.json", import.meta.url);
  await using session = await open(parseSeed(await Deno.readTextFile(file)));
  assert.equal(
    session.emulator.game.statistics.value("player-one", "logins"),
    3,
  );
});

Deno.test("the seed that docs/emulator.md shows can be used", async () => {
  const file = new URL("../../../docs/emulator.md", import.meta.url);
  const [, text = ""] = /```json\n(.*?)```/s.exec(
    await Deno.readTextFile(file),
  ) ?? [];
  await using session = await open(parseSeed(text));
  assert.equal(session.emulator.game.statistics.value("player-one", "wins"), 9);
});
