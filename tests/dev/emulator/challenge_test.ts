import assert from "node:assert/strict";
import { open } from "./_client.ts";
import { assertError, assertGuarded, assertNoContent } from "./_game.ts";

const PATH = "/challenge/v1/admin/namespaces/mygame/progress/evaluate";

function players(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `u${index}`);
}

Deno.test("ten players are evaluated with 204", async () => {
  await using session = await open();
  const body = { userIds: players(10) };
  assertNoContent(await session.call("POST", PATH, { body }));
  assertNoContent(await session.call("POST", PATH, { body }));
  const { challenges } = session.emulator.game;
  assert.equal(challenges.evaluations("u9"), 2);
  assert.equal(challenges.evaluations("u10"), 0);
});

for (
  const body of [
    {},
    { userIds: [] },
    { userIds: players(11) },
    { userIds: [""] },
    { userIds: [7] },
    { userIds: "u1" },
  ]
) {
  Deno.test(`an evaluation like ${JSON.stringify(body)} answers 400`, async () => {
    await using session = await open();
    const reply = await session.call("POST", PATH, { body });
    assertError(reply, 400, { errorCode: 20018 });
    assert.equal(session.emulator.game.challenges.evaluations("u1"), 0);
  });
}

Deno.test("an evaluation answers 404 where no challenge runs", async () => {
  await using session = await open({ challenges: [] });
  const body = { userIds: ["u1"] };
  const reply = await session.call("POST", PATH, { body });
  assertError(reply, 404, { errorCode: 20029 });
});

Deno.test("challenges refuse other tokens, namespaces and media types", async () => {
  await using session = await open();
  await assertGuarded(
    session,
    { method: "POST", path: PATH, body: { userIds: ["u1"] } },
    {
      resource: "ADMIN:NAMESPACE:othergame:CHALLENGE:PROGRESSION",
      action: 4,
    },
  );
});
