import assert from "node:assert/strict";
import { createLobby, MAX_NOTIFICATIONS } from "../../../dev/emulator/lobby.ts";
import { open } from "./_client.ts";
import { assertError, assertGuarded, assertNoContent } from "./_game.ts";

const PATH =
  "/lobby/v1/admin/notification/namespaces/mygame/users/u1/freeform/notify";
const body = { topicName: "reward", message: "You got gold" };

Deno.test("a notification is taken with 204 and kept", async () => {
  const time = Date.UTC(2026, 0, 1);
  await using session = await open({ now: () => time });
  assertNoContent(await session.call("POST", PATH, { body }));
  const { lobby } = session.emulator.game;
  assert.deepEqual(lobby.notifications("u1"), [{
    time,
    userId: "u1",
    ...body,
  }]);
  assert.deepEqual(lobby.notifications("u2"), []);
});

for (
  const wrong of [
    {},
    [],
    { topicName: "reward" },
    { ...body, topicName: "" },
    { ...body, message: "" },
    { ...body, message: { text: "You got gold" } },
  ]
) {
  Deno.test(`a notification like ${JSON.stringify(wrong)} answers 400`, async () => {
    await using session = await open();
    const reply = await session.call("POST", PATH, { body: wrong });
    assertError(reply, 400, { errorCode: 20002 });
    assert.deepEqual(session.emulator.game.lobby.notifications(), []);
  });
}

Deno.test("a notification that is not JSON answers 400", async () => {
  await using session = await open();
  const headers = { "content-type": "application/json" };
  const reply = await session.call("POST", PATH, { body: "{", headers });
  assertError(reply, 400, { errorCode: 20018 });
});

Deno.test("the lobby refuses other tokens, namespaces and media types", async () => {
  await using session = await open();
  await assertGuarded(
    session,
    { method: "POST", path: PATH, body },
    { resource: "ADMIN:NAMESPACE:othergame:NOTIFICATION", action: 1 },
  );
});

Deno.test("the lobby keeps the newest notifications", () => {
  let time = 0;
  const { routes: [route], notifications } = createLobby(() => time);
  for (; time < MAX_NOTIFICATIONS + 3; time++) {
    route?.handle({
      params: { userId: "u1" },
      query: "",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
      effects: new Set(),
    });
  }
  const kept = notifications();
  assert.equal(kept.length, MAX_NOTIFICATIONS);
  assert.equal(kept[0]?.time, 3);
});
