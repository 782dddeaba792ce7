import assert from "node:assert/strict";
import { createBoundedMap } from "../../../lib/core/bounded_map.ts";
import {
  FIRST_LOGIN_ACHIEVEMENT,
  type GameOptions,
  KILLS_STAT,
  startEmulator,
} from "../../../dev/emulator/mod.ts";
import { open, send, type Session } from "./_client.ts";

/** Calls each service once for player `u1`. */
async function play(session: Session): Promise<void> {
  const admin = "admin/namespaces/mygame";
  const calls = [
    ["PUT", `/social/v1/${admin}/statitems/value/bulk`, [
      { userId: "u1", statCode: KILLS_STAT, inc: 2 },
    ]],
    [
      "PUT",
      `/achievement/v1/${admin}/users/u1/achievements/${FIRST_LOGIN_ACHIEVEMENT}/unlock`,
      undefined,
    ],
    ["PUT", `/cloudsave/v1/${admin}/adminrecords/k`, { of: "game" }],
    ["PUT", `/cloudsave/v1/${admin}/users/u1/adminrecords/k`, { of: "u1" }],
    [
      "POST",
      "/lobby/v1/admin/notification/namespaces/mygame/users/u1/freeform/notify",
      { topicName: "t", message: "m" },
    ],
    ["POST", `/challenge/v1/${admin}/progress/evaluate`, { userIds: ["u1"] }],
    ["POST", `/seasonpass/${admin}/users/u1/seasons/current/exp`, { exp: 5 }],
    ["PUT", `/platform/${admin}/users/u1/wallets/GOLD/credit`, { amount: 7 }],
  ] as const;
  for (const [method, path, body] of calls) {
    const init = body === undefined ? {} : { body };
    const { status } = await session.call(method, path, init);
    assert.ok(status === 200 || status === 204, `${path}: ${status}`);
  }
}

const EMPTY = {
  userId: "u1",
  grants: {},
  statistics: {},
  achievements: [],
  records: {},
  notifications: [],
  evaluations: 0,
  seasonExp: 0,
};

Deno.test("the emulator shows all that it knows of a player, without a token", async () => {
  const now = Date.UTC(2026, 0, 1);
  await using session = await open({ now: () => now });
  await play(session);
  const url = `${session.emulator.url}/emulator`;
  const player = await send(`${url}/players/u1`, "GET");
  const written = { createdAt: now, updatedAt: now };
  assert.deepEqual(player.json, {
    userId: "u1",
    grants: { "credit:GOLD": { grants: 1, quantity: 7 } },
    statistics: { [KILLS_STAT]: 2 },
    achievements: [FIRST_LOGIN_ACHIEVEMENT],
    records: { k: { value: { of: "u1" }, ...written } },
    notifications: [
      { time: now, userId: "u1", topicName: "t", message: "m" },
    ],
    evaluations: 1,
    seasonExp: 5,
  });
  const records = await send(`${url}/records`, "GET");
  assert.deepEqual(records.json, {
    records: { k: { value: { of: "game" }, ...written } },
  });
  const stranger = await send(`${url}/players/u2`, "GET");
  assert.deepEqual(stranger.json, { ...EMPTY, userId: "u2" });
});

Deno.test("a reset forgets what the game's services know", async () => {
  await using session = await open();
  await play(session);
  session.emulator.reset();
  const url = `${session.emulator.url}/emulator`;
  assert.deepEqual((await send(`${url}/players/u1`, "GET")).json, EMPTY);
  assert.deepEqual((await send(`${url}/records`, "GET")).json, { records: {} });
  await play(session);
});

Deno.test("the emulator names the operations of the game's services", async () => {
  await using session = await open();
  const { json } = await send(`${session.emulator.url}/emulator`, "GET");
  for (
    const operation of [
      "PUT /cloudsave/v1/admin/namespaces/{namespace}/concurrent/adminrecords/{key}",
      "GET /leaderboard/v3/admin/namespaces/{namespace}/leaderboards/{leaderboardCode}/users/{userId}",
      "PUT /platform/admin/namespaces/{namespace}/users/{userId}/wallets/{currencyCode}/credit",
    ]
  ) {
    assert.ok(json.operations.includes(operation), operation);
  }
});

Deno.test("faults apply to the game's services", async () => {
  await using session = await open();
  session.emulator.faults.set([{
    kind: "tooManyRequests",
    match: { path: "/social" },
  }]);
  const reply = await session.call(
    "PUT",
    "/social/v1/admin/namespaces/mygame/statitems/value/bulk",
    { body: [{ userId: "u1", statCode: KILLS_STAT, inc: 1 }] },
  );
  assert.equal(reply.status, 429);
  assert.deepEqual(session.emulator.game.statistics.values("u1"), {});
});

const stat = { statCode: "s" };
const WRONG: readonly (readonly [GameOptions, RegExp])[] = [
  [
    { stats: [stat, stat] },
    /Cannot use statCode "s": expected a code of its own/,
  ],
  [{ stats: [{ statCode: "" }] }, /Cannot use statCode ""/],
  [
    { achievements: [{ achievementCode: "a" }, { achievementCode: "a" }] },
    /Cannot use achievementCode "a"/,
  ],
  [
    {
      achievements: [{
        achievementCode: "a",
        incremental: { statCode: "nope", goal: 1 },
      }],
    },
    /Cannot use "a": its statistic "nope" does not exist/,
  ],
  [
    { leaderboards: [{ leaderboardCode: "l", statCode: "nope" }] },
    /Cannot use "l": its statistic "nope" does not exist/,
  ],
  [{ season: { seasonId: "s", tiers: [] } }, /Cannot use season "s"/],
  [{ season: { seasonId: "s", tiers: [0] } }, /Cannot use season "s"/],
];

for (const [options, message] of WRONG) {
  Deno.test(`an emulator does not start with ${JSON.stringify(options)}`, async () => {
    await assert.rejects(startEmulator(options), {
      name: "TypeError",
      message,
    });
  });
}

Deno.test("a bounded map forgets the key that came first, and counts that", () => {
  const map = createBoundedMap<number>(2);
  map.set("a", 1);
  map.set("b", 2);
  map.set("a", 3);
  assert.equal(map.forgotten, 0);
  map.set("c", 4);
  assert.deepEqual([...map.entries()], [["b", 2], ["c", 4]]);
  assert.deepEqual([map.size, map.forgotten, map.get("a")], [2, 1, undefined]);
  map.delete("b");
  map.set("d", 5);
  assert.deepEqual([map.size, map.forgotten], [2, 1]);
  map.clear();
  assert.deepEqual([map.size, map.forgotten], [0, 0]);
});
