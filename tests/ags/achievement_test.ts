import assert from "node:assert/strict";
import {
  FIRST_LOGIN_ACHIEVEMENT,
  HUNDRED_KILLS_ACHIEVEMENT,
} from "../../dev/emulator/mod.ts";
import { unlockAchievement } from "../../lib/ags/achievement.ts";
import { open } from "./_client.ts";
import { assertNotAsked, assertRefused } from "./_refusals.ts";

Deno.test("unlockAchievement() unlocks, and again without harm", async () => {
  await using session = await open();
  const achievementCode = FIRST_LOGIN_ACHIEVEMENT;
  for (const userId of ["u1", "u1", "u ü"]) {
    const answer = await unlockAchievement(session.bind(), {
      userId,
      achievementCode,
    });
    assert.equal(answer, undefined);
  }
  const { achievements } = session.emulator.game;
  assert.deepEqual(achievements.unlocked("u1"), [achievementCode]);
  assert.deepEqual(achievements.unlocked("u ü"), [achievementCode]);
  assert.deepEqual(achievements.unlocked("u2"), []);
});

Deno.test("unlockAchievement() fails for good for an achievement that does not exist", async () => {
  await using session = await open();
  await assertRefused(
    unlockAchievement(session.bind(), {
      userId: "u1",
      achievementCode: "nope",
    }),
    { status: 404, errorCode: 20029 },
  );
});

Deno.test("unlockAchievement() fails for good for one that only a statistic unlocks", async () => {
  await using session = await open();
  await assertRefused(
    unlockAchievement(session.bind(), {
      userId: "u1",
      achievementCode: HUNDRED_KILLS_ACHIEVEMENT,
    }),
    { status: 422, errorCode: 20002 },
  );
  assert.deepEqual(session.emulator.game.achievements.unlocked("u1"), []);
});

for (
  const request of [
    { userId: "", achievementCode: "a" },
    { userId: "u1", achievementCode: "" },
  ]
) {
  Deno.test(`unlockAchievement() blames the event for ${JSON.stringify(request)}`, async () => {
    await using session = await open();
    const ags = session.bind();
    await assertNotAsked(session, unlockAchievement(ags, request));
  });
}
