import assert from "node:assert/strict";
import {
  CONSUMABLE_ITEM_ID,
  type Fault,
  FaultError,
} from "../../../dev/emulator/mod.ts";
import {
  FULFILLMENT_V1,
  FULFILLMENT_V3,
  login,
  open,
  type Session,
  userPath,
} from "./_client.ts";

const START = Date.UTC(2026, 0, 1);
const V1 = { method: "POST", path: FULFILLMENT_V1 } as const;

async function statuses(session: Session, count: number): Promise<number[]> {
  const seen: number[] = [];
  for (let n = 0; n < count; n++) {
    seen.push((await session.grant("player")).status);
  }
  return seen;
}

Deno.test(
  "an error fault answers its status and code and grants nothing",
  async () => {
    await using session = await open();
    session.emulator.faults.set([{
      kind: "error",
      match: V1,
      status: 409,
      errorCode: 20006,
      errorMessage: "optimistic lock",
    }]);
    const reply = await session.grant("player");
    assert.equal(reply.status, 409);
    assert.deepEqual(reply.json, {
      errorCode: 20006,
      errorMessage: "optimistic lock",
    });
    assert.equal(session.emulator.journal.counters.grants, 0);
  },
);

Deno.test(
  "an error fault has a default code and can have a whole body",
  async () => {
    await using session = await open();
    session.emulator.faults.set([{ kind: "error", status: 500 }]);
    assert.equal((await session.grant("player")).json.errorCode, 20000);
    session.emulator.faults.set([
      { kind: "error", status: 503, body: { ErrorCode: 1 } },
    ]);
    const reply = await session.grant("player");
    assert.equal(reply.status, 503);
    assert.deepEqual(reply.json, { ErrorCode: 1 });
  },
);

Deno.test(
  "skip lets requests pass before and times switches the fault off",
  async () => {
    await using session = await open();
    session.emulator.faults.set([
      { kind: "error", status: 503, skip: 2, times: 3 },
    ]);
    assert.deepEqual(
      await statuses(session, 7),
      [200, 200, 503, 503, 503, 200, 200],
    );
    const [status] = session.emulator.faults.list;
    assert.deepEqual(
      [status?.matched, status?.shown, status?.active],
      [5, 3, false],
    );
  },
);

Deno.test(
  "the same seed fails the same requests, about as many as the rate",
  async () => {
    await using session = await open();
    const fault = { kind: "error", status: 500, rate: 0.25, seed: 7 } as const;
    session.emulator.faults.set([fault]);
    const first = await statuses(session, 200);
    session.emulator.faults.set([fault]);
    const second = await statuses(session, 200);
    session.emulator.faults.set([{ ...fault, seed: 8 }]);
    const third = await statuses(session, 200);
    assert.deepEqual(second, first);
    assert.notDeepEqual(third, first);
    const failed = first.filter((status) => status === 500).length;
    assert.ok(failed > 30 && failed < 70, `${failed} of 200 failed`);
  },
);

Deno.test("times counts what a rate lets show", async () => {
  await using session = await open();
  session.emulator.faults.set([
    { kind: "error", status: 500, rate: 0.5, times: 3 },
  ]);
  const failed = (await statuses(session, 40)).filter((status) =>
    status === 500
  );
  assert.equal(failed.length, 3);
});

Deno.test(
  "a template matches whole paths of any player and method only if given",
  async () => {
    await using session = await open();
    session.emulator.faults.set([{ kind: "error", status: 500, match: V1 }]);
    assert.equal((await session.grant("a")).status, 500);
    assert.equal((await session.grant("b c")).status, 500);
    const tx = await session.transact("a", "tx", {
      items: [{ itemId: CONSUMABLE_ITEM_ID, quantity: 1 }],
    });
    assert.equal(tx.status, 200);
    const path = userPath("mygame", "a", "/fulfillment");
    assert.equal((await session.call("GET", path)).status, 405);
    session.emulator.faults.set([
      { kind: "error", status: 500, match: { path: FULFILLMENT_V1 } },
    ]);
    assert.equal((await session.call("GET", path)).status, 500);
  },
);

Deno.test(
  "a path without braces matches itself and what lies below",
  async () => {
    await using session = await open();
    const match = { path: "/platform/admin/namespaces/mygame/users/a" };
    session.emulator.faults.set([{ kind: "error", status: 500, match }]);
    assert.equal((await session.grant("a")).status, 500);
    assert.equal((await session.grant("ab")).status, 200);
    assert.equal((await login(session.emulator.url)).status, 200);
  },
);

Deno.test(
  "unauthorized answers 401 in the shape of the operation",
  async () => {
    await using session = await open();
    session.emulator.faults.set([{ kind: "unauthorized", times: 2 }]);
    const api = await session.grant("player");
    assert.deepEqual([api.status, api.json.errorCode], [401, 20001]);
    const iam = await login(session.emulator.url);
    assert.deepEqual([iam.status, iam.json.error], [401, "invalid_client"]);
    assert.equal((await session.grant("player")).status, 200);
  },
);

Deno.test(
  "too many requests answers 429 with Retry-After in either form, or none",
  async () => {
    await using session = await open({ now: () => START });
    const { faults } = session.emulator;
    faults.set([{ kind: "tooManyRequests" }]);
    const plain = await session.grant("player");
    assert.deepEqual([plain.status, plain.json.errorCode], [429, 20007]);
    assert.equal(plain.headers.get("retry-after"), "1");
    faults.set([{ kind: "tooManyRequests", retryAfter: 90, format: "date" }]);
    const dated = await session.grant("player");
    assert.equal(
      dated.headers.get("retry-after"),
      "Thu, 01 Jan 2026 00:01:30 GMT",
    );
    faults.set([{ kind: "tooManyRequests", format: "none" }]);
    const bare = await login(session.emulator.url);
    assert.deepEqual(
      [bare.status, bare.json.error, bare.headers.get("retry-after")],
      [429, "too_many_requests", null],
    );
  },
);

Deno.test("html answers a page instead of JSON", async () => {
  await using session = await open();
  const { faults } = session.emulator;
  faults.set([{ kind: "html" }]);
  const bad = await session.grant("player");
  assert.equal(bad.status, 502);
  assert.equal(bad.headers.get("content-type"), "text/html; charset=utf-8");
  assert.match(bad.text, /^<!DOCTYPE html>/);
  faults.set([{ kind: "html", status: 200 }]);
  assert.equal((await session.grant("player")).status, 200);
  assert.equal(session.emulator.journal.counters.grants, 0);
});

Deno.test(
  "noSummaries answers 200 and grants nothing, once the request is valid",
  async () => {
    await using session = await open();
    const { faults, journal } = session.emulator;
    faults.set([{ kind: "noSummaries", times: 2 }]);
    assert.equal((await login(session.emulator.url)).status, 200);
    const reply = await session.grant("player");
    assert.equal(reply.status, 200);
    assert.deepEqual(Object.keys(reply.json), ["id", "namespace", "userId"]);
    const invalid = await session.grant("player", { quantity: 1 });
    assert.equal(invalid.status, 422);
    assert.equal(journal.counters.grants, 0);
    assert.equal(
      (await session.grant("player")).json.entitlementSummaries.length,
      1,
    );
  },
);

Deno.test("noSummaries leaves a transaction open", async () => {
  await using session = await open();
  session.emulator.faults.set([{ kind: "noSummaries", times: 1 }]);
  const body = { items: [{ itemId: CONSUMABLE_ITEM_ID, quantity: 1 }] };
  const empty = await session.transact("player", "tx", body);
  assert.equal(empty.status, 200);
  assert.equal("entitlementSummaries" in empty.json, false);
  const full = await session.transact("player", "tx", body);
  assert.equal(full.json.entitlementSummaries.length, 1);
});

Deno.test(
  "fulfillFailed answers 200 with the failed state until it works",
  async () => {
    await using session = await open();
    const { faults, journal } = session.emulator;
    faults.set([{
      kind: "fulfillFailed",
      times: 1,
      match: { path: FULFILLMENT_V3 },
    }]);
    const potion = { itemId: CONSUMABLE_ITEM_ID, quantity: 1 };
    assert.equal((await session.grant("player")).status, 200);
    const failed = await session.transact("player", "tx", { items: [potion] });
    assert.equal(failed.status, 200);
    assert.equal(failed.json.state, "FULFILL_FAILED");
    assert.deepEqual(failed.json.stateInfo, {
      successList: [],
      failedList: [{
        itemId: CONSUMABLE_ITEM_ID,
        itemSku: "health-potion",
        error: "fulfillment failed",
      }],
    });
    assert.equal(journal.counters.grants, 1);
    const other = await session.transact("player", "tx", {
      items: [{ ...potion, quantity: 2 }],
    });
    assert.equal(other.json.errorCode, 38128);
    const again = await session.transact("player", "tx", { items: [potion] });
    assert.equal(again.json.state, "FULFILLED");
    assert.equal(journal.counters.grants, 2);
  },
);

Deno.test(
  "faults are asked in order and the first end is the end",
  async () => {
    await using session = await open();
    const { faults } = session.emulator;
    faults.set([
      { kind: "latency", ms: 1 },
      { kind: "error", status: 500, times: 1 },
      { kind: "error", status: 503, times: 1 },
    ]);
    assert.deepEqual(await statuses(session, 3), [500, 503, 200]);
    assert.deepEqual(
      session.emulator.journal.requests().map((request) => request.faults),
      [["latency", "error"], ["latency", "error"], ["latency"]],
    );
    assert.deepEqual(faults.list.map(({ shown }) => shown), [3, 1, 1]);
  },
);

Deno.test("clear removes all faults", async () => {
  await using session = await open();
  const { faults } = session.emulator;
  faults.set([{ kind: "error", status: 500 }]);
  faults.clear();
  assert.deepEqual(faults.list, []);
  assert.deepEqual(await statuses(session, 1), [200]);
});

const INVALID: readonly {
  readonly what: string;
  readonly faults: unknown;
  readonly problem: RegExp;
}[] = [
  { what: "no list", faults: {}, problem: /^faults: .*array/ },
  {
    what: "an unknown kind",
    faults: [{ kind: "fire" }],
    problem: /^faults\[0\]\.kind: /,
  },
  { what: "a missing kind", faults: [{}], problem: /^faults\[0\]\.kind: / },
  {
    what: "latency without ms",
    faults: [{ kind: "latency" }],
    problem: /^faults\[0\]\.ms: /,
  },
  {
    what: "a status that is no error",
    faults: [{ kind: "error", status: 200 }],
    problem: /^faults\[0\]\.status: /,
  },
  {
    what: "a rate above 1",
    faults: [{ kind: "reset", rate: 2 }],
    problem: /^faults\[0\]\.rate: /,
  },
  {
    what: "a rate of 0",
    faults: [{ kind: "reset", rate: 0 }],
    problem: /^faults\[0\]\.rate: /,
  },
  {
    what: "times of 0",
    faults: [{ kind: "reset", times: 0 }],
    problem: /^faults\[0\]\.times: /,
  },
  {
    what: "a negative skip",
    faults: [{ kind: "reset", skip: -1 }],
    problem: /^faults\[0\]\.skip: /,
  },
  {
    what: "a misspelt field",
    faults: [{ kind: "reset", time: 1 }],
    problem: /"time"/,
  },
  {
    what: "a relative path",
    faults: [{ kind: "reset", match: { path: "x" } }],
    problem: /^faults\[0\]\.match\.path: /,
  },
  {
    what: "a method in lower case",
    faults: [{ kind: "reset", match: { method: "post" } }],
    problem: /^faults\[0\]\.match\.method: /,
  },
  {
    what: "an HTML status of 302",
    faults: [{ kind: "html", status: 302 }],
    problem: /^faults\[0\]\.status: /,
  },
  {
    what: "101 faults",
    faults: Array.from({ length: 101 }, () => ({ kind: "reset" })),
    problem: /^faults: .*100/,
  },
];

for (const { what, faults, problem } of INVALID) {
  Deno.test(
    `faults with ${what} are refused and change nothing`,
    async () => {
      await using session = await open();
      const before: Fault[] = [{ kind: "error", status: 503 }];
      session.emulator.faults.set(before);
      assert.throws(
        () => session.emulator.faults.set(faults as Fault[]),
        (error) => {
          assert.ok(error instanceof FaultError);
          assert.equal(error.problems.length, 1);
          assert.match(error.problems[0] ?? "", problem);
          assert.match(error.message, /^Cannot set the faults: faults/);
          return true;
        },
      );
      assert.equal((await session.grant("player")).status, 503);
      const reply = await session.call("PUT", "/emulator/faults", {
        body: faults,
      });
      assert.equal(reply.status, 400);
      assert.match(reply.json.problems[0], problem);
      assert.equal((await session.grant("player")).status, 503);
    },
  );
}
