import assert from "node:assert/strict";
import {
  type Attempt,
  type ConnectorOptions,
  deliverAll,
} from "../../bench/faults/connector.ts";
import { events } from "./_events.ts";

type Rest = Partial<Omit<ConnectorOptions, "deliver">>;

/** Delivers events 1 to 6 in batches of 3 over one line, unless told otherwise. */
function deliver(answer: (number: number, attempt: Attempt) => string, {
  count = 6,
  ...rest
}: Rest & { readonly count?: number } = {}) {
  return deliverAll(events(count), {
    deliver: ({ number }, attempt) => Promise.resolve(answer(number, attempt)),
    batchSize: 3,
    lines: 1,
    maxPause: 0,
    signal: new AbortController().signal,
    ...rest,
  });
}

const RETRIABLE = [
  "UNAVAILABLE",
  "RESOURCE_EXHAUSTED",
  "INTERNAL",
  "UNKNOWN",
  "CANCELLED",
  "DEADLINE_EXCEEDED",
];

for (const status of RETRIABLE) {
  Deno.test(`${status} for one event brings its whole batch again, and no other`, async () => {
    const all = await deliver((number, { round }) =>
      number === 2 && round === 0 ? status : "OK"
    );
    assert.deepEqual(
      all.map(({ deliveries, oks }) => [deliveries, oks]),
      [[2, 2], [2, 1], [2, 2], [1, 1], [1, 1], [1, 1]],
    );
    assert.ok(all.every(({ isUnfinished }) => !isUnfinished));
  });
}

for (const status of ["INVALID_ARGUMENT", "FAILED_PRECONDITION"]) {
  Deno.test(`${status} for an event is the last word`, async () => {
    const all = await deliver((number) => number === 2 ? status : "OK");
    assert.deepEqual(all.map(({ deliveries }) => deliveries), Array(6).fill(1));
    assert.equal(all[1]?.oks, 0);
    assert.ok(all.every(({ isUnfinished }) => !isUnfinished));
  });
}

Deno.test("a batch is given up after so many rounds, and the next one is delivered", async () => {
  const all = await deliver(
    (number) => number === 1 ? "UNAVAILABLE" : "OK",
    { maxRounds: 4 },
  );
  assert.deepEqual(
    all.map(({ deliveries, isUnfinished }) => [deliveries, isUnfinished]),
    [[4, true], [4, true], [4, true], [1, false], [1, false], [1, false]],
  );
});

Deno.test("a batch that is done is replayed as often as asked", async () => {
  const all = await deliver(() => "OK", { replays: (batch) => batch * 2 });
  assert.deepEqual(all.map(({ oks }) => oks), [1, 1, 1, 3, 3, 3]);
});

Deno.test("each event can go over two lines at once", async () => {
  const seen: (readonly [number, number])[] = [];
  let underWay = 0;
  let most = 0;
  await deliverAll(events(1), {
    async deliver({ number }, { line }) {
      seen.push([number, line]);
      most = Math.max(most, ++underWay);
      await Promise.resolve();
      underWay--;
      return "OK";
    },
    isTwice: true,
    lines: 2,
    signal: new AbortController().signal,
  });
  assert.deepEqual(seen, [[1, 0], [1, 1]]);
  assert.equal(most, 2);
});

Deno.test("lines share the batches, each has one at a time", async () => {
  const lines = new Map<number, number>();
  await deliver((number, { line }) => {
    lines.set(number, line);
    return "OK";
  }, { lines: 2, count: 12 });
  assert.equal(lines.size, 12);
  assert.deepEqual(new Set(lines.values()), new Set([0, 1]));
  assert.equal(new Set([1, 2, 3].map((number) => lines.get(number))).size, 1);
});

Deno.test("what is not done when it is ended is unfinished", async () => {
  const controller = new AbortController();
  const all = await deliver((number) => {
    if (number === 4) controller.abort();
    return number === 4 ? "UNAVAILABLE" : "OK";
  }, { signal: controller.signal, count: 9 });
  assert.deepEqual(
    all.map(({ deliveries, isUnfinished }) => [deliveries, isUnfinished]),
    [
      ...Array(3).fill([1, false]),
      ...Array(3).fill([1, true]),
      ...Array(3).fill([0, true]),
    ],
  );
});
