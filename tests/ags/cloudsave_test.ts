import assert from "node:assert/strict";
import {
  type AdminRecord,
  getAdminRecord,
  putAdminRecord,
  updateAdminRecord,
} from "../../lib/ags/cloudsave.ts";
import { open, rejection, type Session, until } from "./_client.ts";
import { watchSleeps } from "./_sleeps.ts";
import {
  answering,
  assertNotAsked,
  assertRefused,
  NONSENSE,
  refused,
} from "./_refusals.ts";

const ROUTE = "/cloudsave/v1/admin/namespaces/{namespace}/adminrecords/{key}";
const CONCURRENT =
  "/cloudsave/v1/admin/namespaces/{namespace}/concurrent/adminrecords/{key}";

const NOW = Date.UTC(2026, 0, 1, 12);
const SOON = new Date(NOW + 60_000);

/** Nobody waits, and nobody gives up before it has lost to each other writer. */
const EAGER = { random: () => 0, maxAttempts: 50 };

interface Counter {
  readonly count: number;
  readonly events?: readonly string[];
}

function increment(current: Counter | undefined): Counter {
  return { count: (current?.count ?? 0) + 1 };
}

/** How many requests of a method and route the emulator has seen. */
function seen(session: Session, method: string, route: string): number {
  return session.emulator.journal.counters.byRoute[`${method} ${route}`] ?? 0;
}

async function read(
  session: Session,
  key = "k",
): Promise<AdminRecord<Counter>> {
  const record = await getAdminRecord<Counter>(session.bind(), { key });
  assert.ok(record);
  return record;
}

Deno.test("getAdminRecord() finds nothing where nothing is", async () => {
  await using session = await open();
  assert.equal(await getAdminRecord(session.bind(), { key: "k" }), undefined);
});

Deno.test("getAdminRecord() does not take any other 404 for an answer", async () => {
  await using session = await open();
  await session.client.ready(new AbortController().signal);
  session.emulator.faults.set([{ kind: "error", status: 404, errorCode: 404 }]);
  await assertRefused(getAdminRecord(session.bind(), { key: "k" }), {
    status: 404,
    errorCode: 404,
  });
});

for (
  const answer of [
    ...NONSENSE,
    { value: [], created_at: "t", updated_at: "t" },
    { value: {}, created_at: "t", updated_at: "" },
  ]
) {
  Deno.test(`getAdminRecord() refuses an answer that is no record: ${JSON.stringify(answer)}`, async () => {
    const error = await refused(
      getAdminRecord(answering(answer), { key: "k" }),
    );
    assert.match(error.message, /expected a record$/);
    assert.equal(error.retryable, false);
  });
}

Deno.test("putAdminRecord() writes what getAdminRecord() reads", async () => {
  await using session = await open({ emulator: { now: () => NOW } });
  const ags = session.bind();
  const key = "daily ü%2F?#";
  const value = { a: [1, null, { b: "ü" }], c: true };
  await putAdminRecord(ags, { key, value });
  const time = "2026-01-01T12:00:00.000Z";
  assert.deepEqual(await getAdminRecord(ags, { key }), {
    key,
    value,
    createdAt: time,
    updatedAt: time,
    tags: [],
  });
});

Deno.test("putAdminRecord() replaces all of the value, and nothing beside it", async () => {
  await using session = await open({ emulator: { now: () => NOW } });
  const ags = session.bind();
  const [key, tags] = ["k", ["t1"]];
  await putAdminRecord(ags, { key, value: { a: 1 }, tags, expiresAt: SOON });
  await putAdminRecord(ags, { key, value: { b: 2 } });
  const { value, ...rest } = await read(session);
  assert.deepEqual(value, { b: 2 });
  assert.deepEqual(rest, {
    key,
    createdAt: "2026-01-01T12:00:00.000Z",
    updatedAt: "2026-01-01T12:00:00.001Z",
    tags,
    expiresAt: SOON.toISOString(),
  });
});

Deno.test("a record is gone when its time is over", async () => {
  let now = NOW;
  await using session = await open({ emulator: { now: () => now } });
  const ags = session.bind();
  const value = { a: 1 };
  await putAdminRecord(ags, { key: "k", value, expiresAt: SOON });
  now = SOON.getTime() - 1;
  assert.deepEqual((await read(session)).value, value);
  now++;
  assert.equal(await getAdminRecord(ags, { key: "k" }), undefined);
});

Deno.test("putAdminRecord() writes where the record is as it was", async () => {
  await using session = await open();
  const ags = session.bind();
  await putAdminRecord(ags, { key: "k", value: { count: 1 } });
  const { updatedAt } = await read(session);
  const value = { count: 2 };
  await putAdminRecord(ags, { key: "k", value, ifUpdatedAt: updatedAt });
  assert.deepEqual((await read(session)).value, value);
});

Deno.test("putAdminRecord() does not write where the record has changed, and says that looking again can help", async () => {
  await using session = await open();
  const ags = session.bind();
  await putAdminRecord(ags, { key: "k", value: { count: 1 } });
  const { updatedAt } = await read(session);
  await putAdminRecord(ags, { key: "k", value: { count: 2 } });
  const error = await refused(
    putAdminRecord(ags, {
      key: "k",
      value: { count: 9 },
      ifUpdatedAt: updatedAt,
    }),
  );
  assert.equal(
    error.message,
    `Record "k" has changed since ${updatedAt}: expected nobody else to write it`,
  );
  assert.equal(error.status, 412);
  assert.equal(error.errorCode, 18180);
  assert.equal(error.retryable, true);
  assert.deepEqual((await read(session)).value, { count: 2 });
});

Deno.test("putAdminRecord() can write only where nothing is", async () => {
  await using session = await open();
  const ags = session.bind();
  const create = (count: number) =>
    putAdminRecord(ags, { key: "k", value: { count }, ifUpdatedAt: null });
  await create(1);
  const error = await refused(create(2));
  assert.equal(error.errorCode, 18180);
  assert.deepEqual((await read(session)).value, { count: 1 });
});

Deno.test("putAdminRecord() lets one of 50 create a record", async () => {
  await using session = await open();
  const all = await Promise.allSettled(
    Array.from({ length: 50 }, (_, count) =>
      putAdminRecord(session.bind(), {
        key: "k",
        value: { count },
        ifUpdatedAt: null,
      })),
  );
  const winners = all.flatMap(({ status }, index) =>
    status === "fulfilled" ? [index] : []
  );
  assert.equal(winners.length, 1);
  assert.deepEqual((await read(session)).value, { count: winners[0] });
});

Deno.test("putAdminRecord() does not write a field that AGS keeps for itself", async () => {
  await using session = await open();
  const ags = session.bind();
  const value = { __META: { tags: ["t"] } };
  await assertNotAsked(session, putAdminRecord(ags, { key: "k", value }));
  await assertNotAsked(
    session,
    putAdminRecord(ags, { key: "k", value, ifUpdatedAt: null }),
  );
});

for (const ifUpdatedAt of [undefined, null]) {
  Deno.test(`putAdminRecord() fails for good for what is too large (ifUpdatedAt: ${ifUpdatedAt})`, async () => {
    await using session = await open();
    await assertRefused(
      putAdminRecord(session.bind(), {
        key: "k",
        value: { text: "x".repeat(1_000_000) },
        ...(ifUpdatedAt === null && { ifUpdatedAt }),
      }),
      { status: 400, errorCode: 18146 },
    );
  });
}

Deno.test("putAdminRecord() fails for good for a time that is none", async () => {
  await using session = await open();
  await assertRefused(
    putAdminRecord(session.bind(), {
      key: "k",
      value: {},
      ifUpdatedAt: "yesterday",
    }),
    { status: 400, errorCode: 20002 },
  );
});

Deno.test("Cloud Save's calls blame the event for an empty key", async () => {
  await using session = await open();
  const ags = session.bind();
  const key = "";
  await assertNotAsked(session, getAdminRecord(ags, { key }));
  await assertNotAsked(session, putAdminRecord(ags, { key, value: {} }));
  await assertNotAsked(
    session,
    updateAdminRecord(ags, { key, update: () => ({}) }),
  );
});

Deno.test("updateAdminRecord() creates a record and changes it", async () => {
  await using session = await open();
  const update = () =>
    updateAdminRecord<Counter>(session.bind(), { key: "k", update: increment });
  assert.deepEqual(await update(), { value: { count: 1 }, isWritten: true });
  assert.deepEqual(await update(), { value: { count: 2 }, isWritten: true });
  assert.equal(seen(session, "PUT", CONCURRENT), 2);
  assert.equal(seen(session, "POST", ROUTE), 0);
});

Deno.test("updateAdminRecord() leaves a record as it is where that is wanted", async () => {
  await using session = await open();
  const ags = session.bind();
  const leave = () =>
    updateAdminRecord(ags, { key: "k", update: () => undefined });
  assert.deepEqual(await leave(), { value: undefined, isWritten: false });
  await putAdminRecord(ags, { key: "k", value: { count: 5 } });
  assert.deepEqual(await leave(), { value: { count: 5 }, isWritten: false });
  assert.equal(seen(session, "PUT", CONCURRENT), 0);
});

Deno.test("updateAdminRecord() keeps tags and expiry, or sets others", async () => {
  await using session = await open({ emulator: { now: () => NOW } });
  const ags = session.bind();
  const [key, tags] = ["k", ["t1"]];
  await putAdminRecord(ags, {
    key,
    value: { count: 1 },
    tags,
    expiresAt: SOON,
  });
  await updateAdminRecord<Counter>(ags, { key, update: increment });
  const kept = await read(session);
  assert.deepEqual(kept.tags, tags);
  assert.equal(kept.expiresAt, SOON.toISOString());
  const later = new Date(NOW + 120_000);
  await updateAdminRecord<Counter>(ags, {
    key,
    update: increment,
    tags: [],
    expiresAt: later,
  });
  const changed = await read(session);
  assert.deepEqual(changed.tags, []);
  assert.equal(changed.expiresAt, later.toISOString());
  assert.deepEqual(changed.value, { count: 3 });
});

Deno.test("updateAdminRecord() takes a record without fields for none", async () => {
  await using session = await open();
  const ags = session.bind();
  await putAdminRecord(ags, { key: "k", value: {} });
  let current: unknown = "not called";
  await updateAdminRecord(ags, {
    key: "k",
    update: (value) => {
      current = value;
      return { count: 1 };
    },
  });
  assert.equal(current, undefined);
  assert.deepEqual((await read(session)).value, { count: 1 });
});

Deno.test("updateAdminRecord() loses nothing when 50 write the same record at a time", async () => {
  await using session = await open();
  const ids = Array.from({ length: 50 }, (_, index) => `e${index}`);
  const results = await Promise.all(
    ids.map((id) =>
      updateAdminRecord<Counter>(session.bind(), {
        key: "k",
        backoff: EAGER,
        update: (current) => ({
          count: (current?.count ?? 0) + 1,
          events: [...current?.events ?? [], id],
        }),
      })
    ),
  );
  const { value } = await read(session);
  assert.equal(value.count, 50);
  assert.deepEqual([...value.events ?? []].sort(), [...ids].sort());
  assert.deepEqual(
    results.map((result) => result.value?.count).sort((a = 0, b = 0) => a - b),
    ids.map((_, index) => index + 1),
    "each wrote its own version",
  );
  assert.ok(session.emulator.journal.counters.byStatus[412], "they collided");
});

Deno.test("updateAdminRecord() loses nothing when 50 create a record that AGS lets nobody create by a conditional write", async () => {
  await using session = await open();
  await session.client.ready(new AbortController().signal);
  session.emulator.faults.set([{
    kind: "error",
    status: 412,
    errorCode: 18180,
    times: 50,
    match: { method: "PUT", path: CONCURRENT },
  }]);
  await Promise.all(
    Array.from(
      { length: 50 },
      () =>
        updateAdminRecord<Counter>(session.bind(), {
          key: "k",
          update: increment,
          // Each can lose to the faults too, and to each other's empty record.
          backoff: { ...EAGER, maxAttempts: 150 },
        }),
    ),
  );
  assert.deepEqual((await read(session)).value, { count: 50 });
  assert.ok(seen(session, "POST", ROUTE) > 0);
});

Deno.test("updateAdminRecord() creates with its tags and expiry where AGS refuses to create by a conditional write", async () => {
  await using session = await open({ emulator: { now: () => NOW } });
  session.emulator.faults.set([{
    kind: "error",
    status: 412,
    errorCode: 18180,
    times: 1,
    match: { method: "PUT", path: CONCURRENT },
  }]);
  const seenBy: unknown[] = [];
  const result = await updateAdminRecord<Counter>(session.bind(), {
    key: "k",
    tags: ["t1"],
    expiresAt: SOON,
    backoff: EAGER,
    update: (current) => {
      seenBy.push(current);
      return increment(current);
    },
  });
  assert.deepEqual(result, { value: { count: 1 }, isWritten: true });
  assert.deepEqual(seenBy, [undefined, undefined]);
  const { tags, expiresAt, value } = await read(session);
  assert.deepEqual(tags, ["t1"]);
  assert.equal(expiresAt, SOON.toISOString());
  assert.deepEqual(value, { count: 1 });
  assert.equal(seen(session, "POST", ROUTE), 1);
});

Deno.test("updateAdminRecord() meets its own work when an answer got lost", async () => {
  await using session = await open();
  session.emulator.faults.set([{
    kind: "resetAfter",
    times: 1,
    match: { method: "PUT", path: CONCURRENT },
  }]);
  const seenBy: unknown[] = [];
  const result = await updateAdminRecord<Counter>(session.bind(), {
    key: "k",
    backoff: EAGER,
    update: (current) => {
      seenBy.push(current);
      if (current?.events?.includes("e1")) return undefined;
      return { ...increment(current), events: ["e1"] };
    },
  });
  const value = { count: 1, events: ["e1"] };
  assert.deepEqual(seenBy, [undefined, value]);
  assert.deepEqual(result, { value, isWritten: false });
  assert.deepEqual((await read(session)).value, value);
});

/** Makes every conditional write lose. */
function neverWins(session: Session): void {
  session.emulator.faults.set([{
    kind: "error",
    status: 412,
    errorCode: 18180,
    match: { method: "PUT", path: CONCURRENT },
  }]);
}

Deno.test("updateAdminRecord() gives up after so many attempts, for a redelivery to try again", async () => {
  await using session = await open();
  await putAdminRecord(session.bind(), { key: "k", value: { count: 1 } });
  neverWins(session);
  const error = await refused(
    updateAdminRecord<Counter>(session.bind(), {
      key: "k",
      update: increment,
      backoff: { ...EAGER, maxAttempts: 3 },
    }),
  );
  assert.equal(
    error.message,
    'Record "k" was changed by others in each of 3 attempts: expected nobody else to write it',
  );
  assert.equal(error.status, 412);
  assert.equal(error.errorCode, 18180);
  assert.equal(error.retryable, true);
  assert.equal(seen(session, "PUT", CONCURRENT), 3);
  assert.equal(seen(session, "GET", ROUTE), 3);
  assert.deepEqual((await read(session)).value, { count: 1 });
});

Deno.test("updateAdminRecord() tries ten times unless told otherwise", async () => {
  await using session = await open();
  neverWins(session);
  await refused(updateAdminRecord<Counter>(session.bind(), {
    key: "k",
    update: increment,
    backoff: { random: () => 0 },
  }));
  assert.equal(seen(session, "PUT", CONCURRENT), 10);
});

Deno.test("updateAdminRecord() ends with its signal, though it waits for days", async () => {
  await using session = await open();
  neverWins(session);
  using sleeps = watchSleeps();
  const controller = new AbortController();
  const update = updateAdminRecord<Counter>(session.bind(), {
    key: "k",
    update: increment,
    backoff: {
      baseDelay: 1_000_000_000,
      maxDelay: 1_000_000_000,
      random: () => 1,
    },
    signal: controller.signal,
  });
  const reason = new Error("Shutting down");
  const error = rejection(update);
  // Not while the request is under way: a signal of its own ends that otherwise.
  await until(() => sleeps.milliseconds.includes(1_000_000_000));
  assert.equal(seen(session, "PUT", CONCURRENT), 1);
  controller.abort(reason);
  assert.equal(await error, reason);
});

Deno.test("updateAdminRecord() ends with the event's signal", async () => {
  await using session = await open();
  neverWins(session);
  const controller = new AbortController();
  const reason = new Error("Deadline");
  const update = updateAdminRecord<Counter>(
    session.bind({ signal: controller.signal }),
    {
      key: "k",
      update: (current) => {
        if (seen(session, "PUT", CONCURRENT) === 2) controller.abort(reason);
        return increment(current);
      },
      backoff: { ...EAGER, maxAttempts: Infinity },
    },
  );
  assert.equal(await rejection(update), reason);
});

Deno.test("updateAdminRecord() passes on what its update throws, and writes nothing", async () => {
  await using session = await open();
  const thrown = new RangeError("No");
  const error = await rejection(updateAdminRecord(session.bind(), {
    key: "k",
    update: () => {
      throw thrown;
    },
  }));
  assert.equal(error, thrown);
  assert.equal(seen(session, "PUT", CONCURRENT), 0);
});

Deno.test("updateAdminRecord() fails for good for what AGS does not take", async () => {
  await using session = await open();
  const text = "x".repeat(1_000_000);
  await assertRefused(
    updateAdminRecord(session.bind(), {
      key: "k",
      update: () => ({ text }),
    }),
    { status: 400, errorCode: 18146 },
  );
  assert.equal(seen(session, "PUT", CONCURRENT), 1);
});
