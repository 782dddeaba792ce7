import assert from "node:assert/strict";
import { open, type Session } from "./_client.ts";
import { assertError, assertGuarded } from "./_game.ts";

const GAME = {
  stats: [{ statCode: "score" }, { statCode: "seconds" }],
  achievements: [],
  leaderboards: [
    { leaderboardCode: "best", statCode: "score" },
    { leaderboardCode: "fastest", statCode: "seconds", descending: false },
  ],
};

function rankPath(leaderboardCode: string, userId: string): string {
  return `/leaderboard/v3/admin/namespaces/mygame/leaderboards/${leaderboardCode}/users/${userId}`;
}

async function set(
  session: Session,
  statCode: string,
  values: Readonly<Record<string, number>>,
): Promise<void> {
  for (const [userId, value] of Object.entries(values)) {
    const path =
      `/social/v2/admin/namespaces/mygame/users/${userId}/statitems/value/bulk`;
    const body = [{ statCode, updateStrategy: "OVERRIDE", value }];
    assert.equal((await session.call("PUT", path, { body })).status, 200);
  }
}

async function rankOf(
  session: Session,
  leaderboardCode: string,
  userId: string,
): Promise<number> {
  const { json } = await session.call("GET", rankPath(leaderboardCode, userId));
  return json.allTime.rank;
}

Deno.test("a rank follows the statistic", async () => {
  await using session = await open(GAME);
  await set(session, "score", { a: 5, b: 9, c: 7 });
  const reply = await session.call("GET", rankPath("best", "b"));
  assert.equal(reply.status, 200);
  assert.deepEqual(reply.json, {
    userId: "b",
    allTime: { rank: 1, point: 9, hidden: false },
    cycles: [],
  });
  assert.equal(await rankOf(session, "best", "c"), 2);
  await set(session, "score", { a: 10 });
  assert.equal(await rankOf(session, "best", "a"), 1);
  assert.equal(await rankOf(session, "best", "c"), 3);
});

Deno.test("a leaderboard can rank the smallest first, and who came first among equals", async () => {
  await using session = await open(GAME);
  await set(session, "seconds", { a: 30, b: 20, c: 20 });
  assert.equal(await rankOf(session, "fastest", "b"), 1);
  assert.equal(await rankOf(session, "fastest", "c"), 2);
  assert.equal(await rankOf(session, "fastest", "a"), 3);
});

Deno.test("who has no score and what is no leaderboard answer 404 with their codes", async () => {
  await using session = await open(GAME);
  await set(session, "score", { a: 5 });
  const unranked = await session.call("GET", rankPath("fastest", "a"));
  assertError(unranked, 404, { errorCode: 71233 });
  const unknown = await session.call("GET", rankPath("nope", "a"));
  assertError(unknown, 404, { errorCode: 71230 });
});

Deno.test("leaderboards refuse other tokens and namespaces", async () => {
  await using session = await open(GAME);
  await assertGuarded(
    session,
    { method: "GET", path: rankPath("best", "a") },
    { resource: "ADMIN:NAMESPACE:othergame:USER:a:LEADERBOARD", action: 2 },
  );
});
