import assert from "node:assert/strict";
import { evaluateChallenges } from "../../lib/ags/challenge.ts";
import type { Ags } from "../../lib/core/context.ts";
import { open } from "./_client.ts";
import { assertNotAsked, assertRefused, bodies } from "./_refusals.ts";

const ROUTE = "/challenge/v1/admin/namespaces/{namespace}/progress/evaluate";

function players(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `u${index}`);
}

Deno.test("evaluateChallenges() evaluates one player", async () => {
  await using session = await open();
  await evaluateChallenges(session.bind(), { userIds: ["u1"] });
  assert.equal(session.emulator.game.challenges.evaluations("u1"), 1);
});

Deno.test("evaluateChallenges() sends as many players at a time as AGS takes", async () => {
  await using session = await open();
  const userIds = players(25);
  await evaluateChallenges(session.bind(), { userIds });
  assert.deepEqual(bodies(session, ROUTE), [
    { userIds: userIds.slice(0, 10) },
    { userIds: userIds.slice(10, 20) },
    { userIds: userIds.slice(20) },
  ]);
  const { challenges } = session.emulator.game;
  for (const userId of userIds) {
    assert.equal(challenges.evaluations(userId), 1);
  }
});

Deno.test("evaluateChallenges() sends one request after the other", async () => {
  let running = 0;
  let most = 0;
  let requests = 0;
  const ags: Ags = {
    namespace: "mygame",
    async request<T>() {
      requests++;
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 1));
      running--;
      return undefined as T;
    },
  };
  await evaluateChallenges(ags, { userIds: players(40) });
  assert.deepEqual({ most, requests }, { most: 1, requests: 4 });
});

Deno.test("evaluateChallenges() evaluates a player that is named twice once", async () => {
  await using session = await open();
  const userIds = [...players(8), ...players(8)];
  await evaluateChallenges(session.bind(), { userIds });
  assert.deepEqual(bodies(session, ROUTE), [{ userIds: players(8) }]);
});

Deno.test("evaluateChallenges() stops at the first request that AGS refuses", async () => {
  await using session = await open();
  session.emulator.faults.set([{
    kind: "error",
    status: 400,
    errorCode: 20018,
    skip: 1,
    match: { path: ROUTE },
  }]);
  const userIds = players(30);
  await assertRefused(evaluateChallenges(session.bind(), { userIds }), {
    status: 400,
    errorCode: 20018,
  });
  assert.equal(session.seen(ROUTE), 2);
  const { challenges } = session.emulator.game;
  assert.equal(challenges.evaluations("u9"), 1);
  assert.equal(challenges.evaluations("u10"), 0);
});

Deno.test("evaluateChallenges() fails for good where no challenge runs", async () => {
  await using session = await open({ emulator: { challenges: [] } });
  await assertRefused(
    evaluateChallenges(session.bind(), { userIds: ["u1"] }),
    { status: 404, errorCode: 20029 },
  );
});

for (const userIds of [[], [""], ["u1", ""]]) {
  Deno.test(`evaluateChallenges() does not ask for ${JSON.stringify(userIds)}`, async () => {
    await using session = await open();
    const ags = session.bind();
    await assertNotAsked(session, evaluateChallenges(ags, { userIds }));
  });
}
