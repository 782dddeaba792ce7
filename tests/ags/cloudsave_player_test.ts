import assert from "node:assert/strict";
import { getAdminRecord, putAdminRecord } from "../../lib/ags/cloudsave.ts";
import {
  getPlayerAdminRecord,
  putPlayerAdminRecord,
  updatePlayerAdminRecord,
} from "../../lib/ags/cloudsave_player.ts";
import { open } from "./_client.ts";
import {
  answering,
  assertNotAsked,
  assertRefused,
  NONSENSE,
  refused,
} from "./_refusals.ts";

const PLAYER = "/cloudsave/v1/admin/namespaces/{namespace}/users/{userId}";
const CONCURRENT = `${PLAYER}/concurrent/adminrecords/{key}`;
const RECORD = { userId: "u1", key: "k" };

interface Counter {
  readonly count: number;
}

function increment(current: Counter | undefined): Counter {
  return { count: (current?.count ?? 0) + 1 };
}

Deno.test("a player's record is neither the game's nor another player's", async () => {
  await using session = await open();
  const ags = session.bind();
  await putAdminRecord(ags, { key: "k", value: { of: "game" } });
  await putPlayerAdminRecord(ags, { ...RECORD, value: { of: "u1" } });
  const userId = "u2";
  assert.equal(
    await getPlayerAdminRecord(ags, { ...RECORD, userId }),
    undefined,
  );
  await putPlayerAdminRecord(ags, { ...RECORD, userId, value: { of: "u2" } });
  const values = await Promise.all([
    getAdminRecord(ags, { key: "k" }),
    getPlayerAdminRecord(ags, RECORD),
    getPlayerAdminRecord(ags, { ...RECORD, userId }),
  ]);
  assert.deepEqual(
    values.map((record) => record?.value),
    [{ of: "game" }, { of: "u1" }, { of: "u2" }],
  );
});

Deno.test("putPlayerAdminRecord() writes tags and does not write where the record has changed", async () => {
  await using session = await open();
  const ags = session.bind();
  const put = (count: number, ifUpdatedAt: string | null) =>
    putPlayerAdminRecord(ags, {
      ...RECORD,
      value: { count },
      tags: ["t1"],
      ifUpdatedAt,
    });
  await put(1, null);
  const record = await getPlayerAdminRecord(ags, RECORD);
  assert.deepEqual(record?.tags, ["t1"]);
  await put(2, record.updatedAt);
  for (const ifUpdatedAt of [record.updatedAt, null]) {
    const error = await refused(put(3, ifUpdatedAt));
    assert.equal(error.status, 412);
    assert.equal(error.errorCode, 18183);
    assert.equal(error.retryable, true);
  }
  assert.deepEqual((await getPlayerAdminRecord(ags, RECORD))?.value, {
    count: 2,
  });
});

Deno.test("putPlayerAdminRecord() fails for good for a time that is none", async () => {
  await using session = await open();
  await assertRefused(
    putPlayerAdminRecord(session.bind(), {
      ...RECORD,
      value: {},
      ifUpdatedAt: "yesterday",
    }),
    { status: 400, errorCode: 18181 },
  );
});

Deno.test("updatePlayerAdminRecord() loses nothing when 50 write the same record at a time", async () => {
  await using session = await open();
  await Promise.all(
    Array.from(
      { length: 50 },
      () =>
        updatePlayerAdminRecord<Counter>(session.bind(), {
          ...RECORD,
          update: increment,
          backoff: {
            random: () => 0,
            maxAttempts: 50,
          },
        }),
    ),
  );
  const record = await getPlayerAdminRecord(session.bind(), RECORD);
  assert.deepEqual(record?.value, { count: 50 });
  assert.ok(session.emulator.journal.counters.byStatus[412], "they collided");
});

Deno.test("updatePlayerAdminRecord() creates where AGS refuses to create by a conditional write", async () => {
  await using session = await open();
  session.emulator.faults.set([{
    kind: "error",
    status: 412,
    errorCode: 18183,
    times: 1,
    match: { method: "PUT", path: CONCURRENT },
  }]);
  const result = await updatePlayerAdminRecord<Counter>(session.bind(), {
    ...RECORD,
    update: increment,
  });
  assert.deepEqual(result, { value: { count: 1 }, isWritten: true });
  const { byRoute } = session.emulator.journal.counters;
  assert.equal(byRoute[`POST ${PLAYER}/adminrecords/{key}`], 1);
});

Deno.test("updatePlayerAdminRecord() gives up after so many attempts, for a redelivery to try again", async () => {
  await using session = await open();
  session.emulator.faults.set([{
    kind: "error",
    status: 412,
    errorCode: 18183,
    match: { method: "PUT", path: CONCURRENT },
  }]);
  const error = await refused(
    updatePlayerAdminRecord<Counter>(session.bind(), {
      ...RECORD,
      update: increment,
      backoff: { maxAttempts: 2 },
    }),
  );
  assert.equal(error.errorCode, 18183);
  assert.equal(error.retryable, true);
});

Deno.test("getPlayerAdminRecord() does not take the game's code for an answer", async () => {
  await using session = await open();
  await session.client.ready(new AbortController().signal);
  session.emulator.faults.set([{
    kind: "error",
    status: 404,
    errorCode: 18140,
  }]);
  await assertRefused(getPlayerAdminRecord(session.bind(), RECORD), {
    status: 404,
    errorCode: 18140,
  });
});

for (const answer of NONSENSE) {
  Deno.test(`getPlayerAdminRecord() refuses an answer that is no record: ${JSON.stringify(answer)}`, async () => {
    const error = await refused(
      getPlayerAdminRecord(answering(answer), RECORD),
    );
    assert.match(error.message, /expected a record$/);
  });
}

for (const field of ["userId", "key"] as const) {
  Deno.test(`calls for a player's record blame the event for an empty ${field}`, async () => {
    await using session = await open();
    const ags = session.bind();
    const record = { ...RECORD, [field]: "" };
    await assertNotAsked(session, getPlayerAdminRecord(ags, record));
    await assertNotAsked(
      session,
      putPlayerAdminRecord(ags, { ...record, value: {} }),
    );
    await assertNotAsked(
      session,
      updatePlayerAdminRecord(ags, { ...record, update: () => ({}) }),
    );
  });
}
