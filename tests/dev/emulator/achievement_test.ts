import assert from "node:assert/strict";
import {
  FIRST_LOGIN_ACHIEVEMENT,
  HUNDRED_KILLS_ACHIEVEMENT,
  KILLS_STAT,
} from "../../../dev/emulator/mod.ts";
import { open } from "./_client.ts";
import {
  assertError,
  assertGuarded,
  assertInvalid,
  assertNoContent,
} from "./_game.ts";

function unlockPath(achievementCode: string, userId = "u1"): string {
  return `/achievement/v1/admin/namespaces/mygame/users/${userId}/achievements/${achievementCode}/unlock`;
}

Deno.test("an achievement is unlocked with 204, and again", async () => {
  await using session = await open();
  for (const _ of [1, 2]) {
    assertNoContent(
      await session.call("PUT", unlockPath(FIRST_LOGIN_ACHIEVEMENT)),
    );
  }
  const { achievements } = session.emulator.game;
  assert.deepEqual(achievements.unlocked("u1"), [FIRST_LOGIN_ACHIEVEMENT]);
  assert.deepEqual(achievements.unlocked("u2"), []);
});

Deno.test("an achievement that does not exist answers 404", async () => {
  await using session = await open();
  const reply = await session.call("PUT", unlockPath("nope"));
  assertError(reply, 404, { errorCode: 20029 });
});

Deno.test("an incremental achievement is unlocked by its statistic and not by hand", async () => {
  await using session = await open();
  const path = unlockPath(HUNDRED_KILLS_ACHIEVEMENT);
  assertInvalid(await session.call("PUT", path), "achievementCode");
  const { achievements } = session.emulator.game;
  const kill = async (inc: number) => {
    await session.call(
      "PUT",
      "/social/v1/admin/namespaces/mygame/statitems/value/bulk",
      { body: [{ userId: "u1", statCode: KILLS_STAT, inc }] },
    );
    return achievements.unlocked("u1");
  };
  assert.deepEqual(await kill(99), []);
  assert.deepEqual(await kill(1), [HUNDRED_KILLS_ACHIEVEMENT]);
  assert.deepEqual(await kill(50), [HUNDRED_KILLS_ACHIEVEMENT]);
});

Deno.test("achievements refuse other tokens and namespaces", async () => {
  await using session = await open();
  await assertGuarded(
    session,
    { method: "PUT", path: unlockPath(FIRST_LOGIN_ACHIEVEMENT) },
    {
      resource: "ADMIN:NAMESPACE:othergame:USER:u1:ACHIEVEMENT",
      action: 4,
    },
  );
});
