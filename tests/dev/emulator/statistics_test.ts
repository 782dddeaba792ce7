import assert from "node:assert/strict";
import { KILLS_STAT, RATING_STAT } from "../../../dev/emulator/mod.ts";
import { open } from "./_client.ts";
import { assertError, assertGuarded, assertInvalid } from "./_game.ts";

const MANY = "/social/v1/admin/namespaces/mygame/statitems/value/bulk";
const ONE = "/social/v2/admin/namespaces/mygame/users/u1/statitems/value/bulk";
const kill = { userId: "u1", statCode: KILLS_STAT, inc: 1 };
const rate = { statCode: RATING_STAT, updateStrategy: "OVERRIDE", value: 1 };

for (const method of ["PUT", "PATCH"]) {
  Deno.test(`${method} adds to numbers of many players and answers each item`, async () => {
    await using session = await open();
    const reply = await session.call(method, MANY, {
      body: [kill, { ...kill, userId: "u2", inc: 2.5 }],
    });
    assert.equal(reply.status, 200);
    assert.deepEqual(reply.json, [
      {
        success: true,
        userId: "u1",
        statCode: KILLS_STAT,
        details: { currentValue: 1 },
      },
      {
        success: true,
        userId: "u2",
        statCode: KILLS_STAT,
        details: { currentValue: 2.5 },
      },
    ]);
    await session.call(method, MANY, { body: [kill] });
    const { statistics } = session.emulator.game;
    assert.deepEqual(statistics.all(KILLS_STAT), [["u1", 2], ["u2", 2.5]]);
    assert.deepEqual(statistics.values("u1"), { [KILLS_STAT]: 2 });
    assert.equal(statistics.value("u1", RATING_STAT), undefined);
  });
}

Deno.test("items fail one by one inside a 200", async () => {
  await using session = await open();
  const { status, json } = await session.call("PUT", MANY, {
    body: [
      { ...kill, statCode: "nope" },
      { ...kill, inc: -1 },
      { ...kill, userId: "u2" },
      { ...kill, statCode: RATING_STAT, inc: 4000.5 },
      { ...kill, userId: "u2" },
    ],
  });
  assert.equal(status, 200);
  assert.deepEqual(
    json.map((result: { success: boolean; details: object }) => [
      result.success,
      result.details,
    ]),
    [
      [false, {
        errorCode: 12241,
        errorMessage: "Stat [nope] cannot be found in namespace [mygame]",
      }],
      [false, {
        errorCode: 12273,
        errorMessage: `Stat [${KILLS_STAT}] is not decreasable`,
      }],
      [true, { currentValue: 1 }],
      [false, {
        errorCode: 12275,
        errorMessage: `Stat [${RATING_STAT}] value is out of range`,
      }],
      [false, { errorCode: 20006, errorMessage: "optimistic lock" }],
    ],
  );
  assert.deepEqual(session.emulator.game.statistics.values("u1"), {});
});

Deno.test("an update follows its strategy from the default on and repeats the request's id", async () => {
  await using session = await open();
  const update = async (updateStrategy: string, value: number) => {
    const body = [{ ...rate, updateStrategy, value, requestId: "r1" }];
    const { json: [result] } = await session.call("PUT", ONE, { body });
    assert.equal(result.requestId, "r1");
    return result.details.currentValue ?? result.details.errorCode;
  };
  assert.equal(await update("INCREMENT", 1), 1001);
  assert.equal(await update("MIN", 900), 900);
  assert.equal(await update("MAX", 950), 950);
  assert.equal(await update("OVERRIDE", 5000), 5000);
  assert.equal(await update("INCREMENT", 0.1), 12275);
  assert.equal(await update("OVERRIDE", -0.1), 12275);
  assert.equal(session.emulator.game.statistics.value("u1", RATING_STAT), 5000);
});

Deno.test("the same statistic twice in one request fails the second time", async () => {
  await using session = await open();
  const { json } = await session.call("PUT", ONE, { body: [rate, rate] });
  assert.deepEqual(
    json.map(({ success }: { success: boolean }) => success),
    [true, false],
  );
  assert.equal(json[1].details.errorCode, 20006);
});

const INVALID: readonly (readonly [string, unknown, string])[] = [
  [MANY, [], ""],
  [MANY, kill, ""],
  [MANY, Array.from({ length: 101 }, () => kill), ""],
  [MANY, [kill, { ...kill, userId: undefined }], "1.userId"],
  [MANY, [{ ...kill, statCode: "" }], "0.statCode"],
  [MANY, [{ ...kill, inc: "1" }], "0.inc"],
  [MANY, [{ ...kill, inc: undefined }], "0.inc"],
  [ONE, [], ""],
  [ONE, Array.from({ length: 101 }, () => rate), ""],
  [ONE, [{ ...rate, updateStrategy: "ADD" }], "0.updateStrategy"],
  [ONE, [{ ...rate, updateStrategy: undefined }], "0.updateStrategy"],
  [ONE, [{ ...rate, value: null }], "0.value"],
  [ONE, [{ ...rate, statCode: 7 }], "0.statCode"],
  [ONE, [{ ...rate, requestId: 7 }], "0.requestId"],
  [ONE, [{ ...rate, additionalData: [] }], "0.additionalData"],
];

for (const [path, body, field] of INVALID) {
  Deno.test(`statistics refuse a list with 422 for "${field}": ${JSON.stringify(body)?.slice(0, 80)} at ${path}`, async () => {
    await using session = await open();
    assertInvalid(await session.call("PUT", path, { body }), field);
    assert.deepEqual(session.emulator.game.statistics.values("u1"), {});
  });
}

Deno.test("statistics refuse what is not JSON, and the key they do not emulate", async () => {
  await using session = await open();
  const headers = { "content-type": "application/json" };
  for (const path of [MANY, ONE]) {
    const reply = await session.call("PUT", path, { body: "[", headers });
    assertError(reply, 400, { errorCode: 20018 });
  }
  const path = `${ONE}?additionalKey=duo`;
  assertInvalid(
    await session.call("PUT", path, { body: [rate] }),
    "additionalKey",
  );
});

Deno.test("statistics refuse other tokens, namespaces and media types", async () => {
  await using session = await open();
  const resource = "ADMIN:NAMESPACE:othergame:";
  await assertGuarded(
    session,
    { method: "PUT", path: MANY, body: [kill] },
    { resource: `${resource}STATITEM`, action: 4 },
  );
  await assertGuarded(
    session,
    { method: "PUT", path: ONE, body: [rate] },
    { resource: `${resource}USER:u1:STATITEM`, action: 4 },
  );
});
