import assert from "node:assert/strict";
import { KILLS_STAT, RATING_STAT } from "../../dev/emulator/mod.ts";
import {
  incrementStats,
  type OnFailures,
  PartialFailureError,
  type StatUpdate,
  updateStats,
} from "../../lib/ags/statistics.ts";
import { open, rejection } from "./_client.ts";
import {
  answering,
  assertNotAsked,
  assertRefused,
  bodies,
  NONSENSE,
  refused,
} from "./_refusals.ts";

const INCREMENT =
  "/social/v1/admin/namespaces/{namespace}/statitems/value/bulk";
const UPDATE =
  "/social/v2/admin/namespaces/{namespace}/users/{userId}/statitems/value/bulk";

const KILL = { userId: "u1", statCode: KILLS_STAT, inc: 1 };
const BEST: StatUpdate = {
  statCode: RATING_STAT,
  updateStrategy: "MAX",
  value: 1500,
};

async function partial(
  promise: Promise<unknown>,
): Promise<PartialFailureError> {
  const error = await rejection(promise);
  assert.ok(error instanceof PartialFailureError, String(error));
  return error;
}

/** An answer of AGS: `undefined` for an item that worked, or its failure's code. */
function results(...codes: readonly (number | undefined)[]): unknown {
  return codes.map((errorCode, index) => ({
    success: errorCode === undefined,
    statCode: `s${index}`,
    userId: "u1",
    details: errorCode === undefined ? { currentValue: 1 } : { errorCode },
  }));
}

/** As many increments, or updates, as there are results. */
function increments(count: number, failures: OnFailures = "throw") {
  return { items: Array.from({ length: count }, () => KILL), failures };
}

function updates(...strategies: readonly StatUpdate["updateStrategy"][]) {
  return {
    userId: "u1",
    items: strategies.map((updateStrategy, index) => ({
      statCode: `s${index}`,
      updateStrategy,
      value: 1,
    })),
  };
}

Deno.test("incrementStats() adds to numbers of many players in one request", async () => {
  await using session = await open();
  const items = [KILL, { ...KILL, userId: "u2", inc: 5 }, {
    userId: "u1",
    statCode: RATING_STAT,
    inc: -25.5,
  }];
  const done = await incrementStats(session.bind(), { items });
  assert.deepEqual(
    done.map(({ success, userId, statCode, details }) => [
      success,
      userId,
      statCode,
      details.currentValue,
    ]),
    [
      [true, "u1", KILLS_STAT, 1],
      [true, "u2", KILLS_STAT, 5],
      [true, "u1", RATING_STAT, 974.5],
    ],
  );
  assert.deepEqual(bodies(session, INCREMENT), [items]);
  const { statistics } = session.emulator.game;
  assert.equal(statistics.value("u1", KILLS_STAT), 1);
  assert.equal(statistics.value("u2", KILLS_STAT), 5);
});

Deno.test("incrementStats() takes 100 items", async () => {
  await using session = await open();
  const items = Array.from(
    { length: 100 },
    (_, index) => ({ ...KILL, userId: `u${index}` }),
  );
  const done = await incrementStats(session.bind(), { items });
  assert.equal(done.length, 100);
  assert.equal(session.emulator.game.statistics.value("u99", KILLS_STAT), 1);
});

Deno.test("incrementStats() reaches the goal of an achievement", async () => {
  await using session = await open();
  await incrementStats(session.bind(), { items: [{ ...KILL, inc: 100 }] });
  assert.deepEqual(session.emulator.game.achievements.unlocked("u1"), [
    "hundred-kills",
  ]);
});

Deno.test("incrementStats() throws when an item fails inside a success", async () => {
  await using session = await open();
  const error = await partial(incrementStats(session.bind(), {
    items: [KILL, { ...KILL, statCode: "nope" }, { ...KILL, userId: "u2" }],
  }));
  assert.equal(
    error.message,
    "AGS refused 1 of 3 stat items: nope (12241, the statistic does not exist)",
  );
  assert.equal(error.name, "PartialFailureError");
  assert.equal(error.status, 200);
  assert.equal(error.errorCode, 12241);
  assert.equal(
    error.retryable,
    false,
    "a redelivery would add the others again",
  );
  assert.equal(error.fault, "state");
  assert.deepEqual(error.results.map(({ success }) => success), [
    true,
    false,
    true,
  ]);
  assert.deepEqual(
    error.failed.map(({ statCode, userId }) => [statCode, userId]),
    [["nope", "u1"]],
  );
  const { statistics } = session.emulator.game;
  assert.equal(statistics.value("u2", KILLS_STAT), 1, "the others count");
});

Deno.test("incrementStats() returns items that failed where that is wanted", async () => {
  await using session = await open();
  const done = await incrementStats(session.bind(), {
    items: [{ ...KILL, inc: -1 }, {
      ...KILL,
      statCode: RATING_STAT,
      inc: 9000,
    }, KILL],
    failures: "return",
  });
  assert.deepEqual(
    done.map(({ success, details }) => [success, details.errorCode]),
    [[false, 12273], [false, 12275], [false, 20006]],
  );
});

Deno.test("incrementStats() names five failed items at most, and no player", async () => {
  const codes = Array.from({ length: 7 }, () => 12241);
  const error = await partial(
    incrementStats(answering(results(...codes)), increments(7)),
  );
  assert.match(
    error.message,
    /: s0 \(12241, [^)]+\), .*s4 \(12241, [^)]+\), …$/,
  );
  assert.equal(error.message.includes("u1"), false);
  assert.equal(error.failed.length, 7);
});

Deno.test("incrementStats() counts an item that AGS says nothing of as failed", async () => {
  const error = await partial(
    incrementStats(answering([{ details: null }]), increments(1)),
  );
  assert.match(error.message, /: \? \(no code\)$/);
  assert.equal(error.errorCode, undefined);
  assert.equal(error.retryable, false);
});

const RETRYABLE: readonly {
  readonly what: string;
  readonly promise: () => Promise<unknown>;
  readonly retryable: boolean;
}[] = [
  {
    what: "when nothing was added and all can work later",
    promise: () =>
      incrementStats(answering(results(20006, 20007)), increments(2)),
    retryable: true,
  },
  {
    what: "when nothing was added and one will never be",
    promise: () =>
      incrementStats(answering(results(20006, 12241)), increments(2)),
    retryable: false,
  },
  {
    what: "when something was added",
    promise: () =>
      incrementStats(answering(results(20006, undefined)), increments(2)),
    retryable: false,
  },
  {
    what: "when something was set that can be set again",
    promise: () =>
      updateStats(
        answering(results(20000, undefined, undefined)),
        updates("MAX", "MIN", "OVERRIDE"),
      ),
    retryable: true,
  },
  {
    what: "when something was set and something added",
    promise: () =>
      updateStats(
        answering(results(undefined, 20000)),
        updates("INCREMENT", "MAX"),
      ),
    retryable: false,
  },
];

for (const { what, promise, retryable } of RETRYABLE) {
  Deno.test(`a partial failure is ${retryable ? "" : "not "}retryable ${what}`, async () => {
    assert.equal((await partial(promise())).retryable, retryable);
  });
}

Deno.test("updateStats() changes each number by its strategy", async () => {
  await using session = await open();
  const ags = session.bind();
  const update = async (...items: readonly StatUpdate[]) =>
    (await updateStats(ags, { userId: "u1", items }))
      .map(({ details }) => details.currentValue);
  const rate = (
    updateStrategy: StatUpdate["updateStrategy"],
    value: number,
  ) => update({ statCode: RATING_STAT, updateStrategy, value });
  assert.deepEqual(await rate("MAX", 900), [1000], "the default is 1000");
  assert.deepEqual(await rate("MAX", 1200), [1200]);
  assert.deepEqual(await rate("MIN", 1300), [1200]);
  assert.deepEqual(await rate("MIN", 1100), [1100]);
  assert.deepEqual(await rate("INCREMENT", -50), [1050]);
  assert.deepEqual(await rate("OVERRIDE", 42), [42]);
  const kills = { statCode: KILLS_STAT, value: 3 };
  assert.deepEqual(
    await update(BEST, { ...kills, updateStrategy: "INCREMENT" }),
    [1500, 3],
  );
});

Deno.test("updateStats() sends what it is told and gives back the item's own id", async () => {
  await using session = await open();
  const items = [{ ...BEST, requestId: "r1", additionalData: { mode: "duo" } }];
  const [done] = await updateStats(session.bind(), { userId: "u1", items });
  assert.equal(done?.requestId, "r1");
  assert.deepEqual(bodies(session, UPDATE), [items]);
});

Deno.test("updateStats() throws when an item fails inside a success", async () => {
  await using session = await open();
  const error = await partial(updateStats(session.bind(), {
    userId: "u1",
    items: [BEST, { ...BEST, statCode: "nope" }],
  }));
  assert.equal(error.errorCode, 12241);
  assert.equal(error.retryable, false);
  assert.equal(session.emulator.game.statistics.value("u1", RATING_STAT), 1500);
});

Deno.test("updateStats() returns items that failed where that is wanted", async () => {
  await using session = await open();
  const items = [{ ...BEST, value: 9000 }];
  const [done] = await updateStats(session.bind(), {
    userId: "u1",
    items,
    failures: "return",
  });
  assert.equal(done?.success, false);
  assert.equal(done?.details.errorCode, 12275);
});

for (
  const items of [
    [],
    Array.from({ length: 101 }, () => KILL),
    [KILL, { ...KILL, userId: "" }],
    [{ ...KILL, statCode: "" }],
    [{ ...KILL, inc: NaN }],
    [{ ...KILL, inc: Infinity }],
  ]
) {
  Deno.test(`incrementStats() does not ask for ${items.length} items like ${JSON.stringify(items.at(-1))}`, async () => {
    await using session = await open();
    await assertNotAsked(session, incrementStats(session.bind(), { items }));
  });
}

for (
  const items of [
    [],
    Array.from({ length: 101 }, (_, n) => ({ ...BEST, statCode: `s${n}` })),
    [BEST, BEST],
    [{ ...BEST, statCode: "" }],
    [{ ...BEST, value: NaN }],
  ]
) {
  Deno.test(`updateStats() does not ask for ${items.length} items like ${JSON.stringify(items.at(-1))}`, async () => {
    await using session = await open();
    const request = { userId: "u1", items };
    await assertNotAsked(session, updateStats(session.bind(), request));
  });
}

Deno.test("updateStats() blames the event for a player without an id", async () => {
  await using session = await open();
  const request = { userId: "", items: [BEST] };
  await assertNotAsked(session, updateStats(session.bind(), request));
});

for (const route of [INCREMENT, UPDATE]) {
  Deno.test(`a request that AGS does not take as a whole fails for good: ${route}`, async () => {
    await using session = await open();
    session.emulator.faults.set([{
      kind: "error",
      status: 422,
      errorCode: 20002,
      match: { path: route },
    }]);
    const ags = session.bind();
    await assertRefused(
      route === INCREMENT
        ? incrementStats(ags, { items: [KILL], failures: "return" })
        : updateStats(ags, { userId: "u1", items: [BEST], failures: "return" }),
      { status: 422, errorCode: 20002 },
    );
  });
}

for (const answer of [...NONSENSE, [], results(undefined, undefined)]) {
  // One result that says nothing is a failed item: a test of its own.
  if (JSON.stringify(answer) === "[{}]") continue;
  Deno.test(`incrementStats() refuses an answer that is no result: ${JSON.stringify(answer)}`, async () => {
    const error = await refused(
      incrementStats(answering(answer), increments(1, "return")),
    );
    assert.match(error.message, /expected 1 results of stat items$/);
    assert.equal(error.retryable, false, "asking again could add twice");
  });
}
