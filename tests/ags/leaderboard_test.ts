import assert from "node:assert/strict";
import { KILLS_LEADERBOARD, KILLS_STAT } from "../../dev/emulator/mod.ts";
import { getUserRank } from "../../lib/ags/leaderboard.ts";
import { incrementStats } from "../../lib/ags/statistics.ts";
import { open } from "./_client.ts";
import {
  answering,
  assertNotAsked,
  assertRefused,
  NONSENSE,
  refused,
} from "./_refusals.ts";

const REQUEST = { leaderboardCode: KILLS_LEADERBOARD, userId: "u1" };

Deno.test("getUserRank() reads the rank that a statistic makes", async () => {
  await using session = await open();
  const ags = session.bind();
  await incrementStats(ags, {
    items: [["u1", 3], ["u2", 7], ["u3", 5]].map(([userId, inc]) => ({
      userId: String(userId),
      statCode: KILLS_STAT,
      inc: Number(inc),
    })),
  });
  const rank = (userId: string) => getUserRank(ags, { ...REQUEST, userId });
  assert.deepEqual(await rank("u2"), {
    allTime: { rank: 1, point: 7 },
    cycles: [],
  });
  assert.deepEqual((await rank("u3"))?.allTime, { rank: 2, point: 5 });
  assert.deepEqual((await rank("u1"))?.allTime, { rank: 3, point: 3 });
});

Deno.test("getUserRank() finds nothing for a player without a score", async () => {
  await using session = await open();
  assert.equal(await getUserRank(session.bind(), REQUEST), undefined);
});

Deno.test("getUserRank() finds nothing on a leaderboard that does not exist", async () => {
  await using session = await open();
  const leaderboardCode = "nope";
  assert.equal(
    await getUserRank(session.bind(), { ...REQUEST, leaderboardCode }),
    undefined,
  );
});

Deno.test("getUserRank() does not take any other 404 for an answer", async () => {
  await using session = await open();
  await session.client.ready(new AbortController().signal);
  session.emulator.faults.set([{ kind: "error", status: 404, errorCode: 404 }]);
  await assertRefused(getUserRank(session.bind(), REQUEST), {
    status: 404,
    errorCode: 404,
  });
});

Deno.test("getUserRank() reads ranks in cycles, with and without one of all time", async () => {
  const cycles = [{ cycleId: "c1", rank: 2, point: 1.5 }];
  assert.deepEqual(
    await getUserRank(answering({ userId: "u1", cycles }), REQUEST),
    { cycles },
  );
  const allTime = { rank: 9, point: 0, hidden: false };
  assert.deepEqual(
    await getUserRank(answering({ userId: "u1", allTime, cycles }), REQUEST),
    { allTime: { rank: 9, point: 0 }, cycles },
  );
});

for (
  const answer of [
    ...NONSENSE,
    { userId: "u1", allTime: { rank: "1", point: 1 } },
    { userId: "u1", cycles: [{ rank: 1, point: 1 }] },
  ]
) {
  Deno.test(`getUserRank() refuses an answer that is no ranking: ${JSON.stringify(answer)}`, async () => {
    const error = await refused(getUserRank(answering(answer), REQUEST));
    assert.match(error.message, /expected a player's ranking$/);
    assert.equal(error.retryable, false);
  });
}

for (const field of ["leaderboardCode", "userId"] as const) {
  Deno.test(`getUserRank() blames the event for an empty ${field}`, async () => {
    await using session = await open();
    const ags = session.bind();
    await assertNotAsked(
      session,
      getUserRank(ags, { ...REQUEST, [field]: "" }),
    );
  });
}
