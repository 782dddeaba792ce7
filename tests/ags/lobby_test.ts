import assert from "node:assert/strict";
import { sendNotification } from "../../lib/ags/lobby.ts";
import { open } from "./_client.ts";
import { assertNotAsked, assertRefused } from "./_refusals.ts";

const REQUEST = { userId: "u1", topicName: "reward", message: '{"gold":5}' };

Deno.test("sendNotification() sends the message as it is", async () => {
  const time = Date.UTC(2026, 0, 1);
  await using session = await open({ emulator: { now: () => time } });
  await sendNotification(session.bind(), REQUEST);
  const { lobby } = session.emulator.game;
  assert.deepEqual(lobby.notifications(), [{ time, ...REQUEST }]);
  assert.deepEqual(lobby.notifications("u2"), []);
});

Deno.test("sendNotification() sends each time it is called", async () => {
  await using session = await open();
  for (let time = 0; time < 2; time++) {
    await sendNotification(session.bind(), REQUEST);
  }
  assert.equal(session.emulator.game.lobby.notifications("u1").length, 2);
});

for (const field of ["topicName", "message"] as const) {
  Deno.test(`sendNotification() fails for good without ${field}`, async () => {
    await using session = await open();
    await assertRefused(
      sendNotification(session.bind(), { ...REQUEST, [field]: "" }),
      { status: 400, errorCode: 20002 },
    );
  });
}

Deno.test("sendNotification() blames the event for a player without an id", async () => {
  await using session = await open();
  const ags = session.bind();
  await assertNotAsked(
    session,
    sendNotification(ags, { ...REQUEST, userId: "" }),
  );
});
