import assert from "node:assert/strict";
import type { Fault } from "../../dev/emulator/mod.ts";
import {
  STORE_RULES,
  type StoreWorld,
} from "../../lib/idempotency/conformance.ts";
import { createCloudSaveStore } from "../../lib/idempotency/cloudsave_store.ts";
import { open } from "../ags/_client.ts";

const TTL = 3_600_000;
const CLAIM = { token: "a", lease: 60_000, ttl: TTL };
const DONE = { token: "a", ending: "done", ttl: TTL } as const;
const CONCURRENT = {
  path:
    "/cloudsave/v1/admin/namespaces/{namespace}/concurrent/adminrecords/{key}",
};

/** Two replicas' stores on one emulator, on a clock that the test moves. */
async function openWorld(skew = 0) {
  let time = Date.UTC(2026, 0, 1);
  const now = () => time;
  const session = await open({ emulator: { now, tokenLifetime: 1e9 } });
  const { client, emulator } = session;
  const stores = ["one", "other"].map(() =>
    createCloudSaveStore({ client, scope: "app", now, skew })
  );
  const [one, other] = stores;
  assert.ok(one && other);
  return {
    one,
    other,
    client,
    emulator,
    now,
    pass(milliseconds: number) {
      time += milliseconds;
      return Promise.resolve();
    },
    async [Symbol.asyncDispose]() {
      for (const store of stores) await store[Symbol.asyncDispose]();
      await session[Symbol.asyncDispose]();
    },
  } satisfies StoreWorld & Record<string, unknown>;
}

for (const { name, check } of STORE_RULES) {
  Deno.test(`Cloud Save store: ${name}`, () => check(() => openWorld()));
}

const FAULTS: readonly Fault[] = [
  { kind: "reset", times: 1 },
  { kind: "resetAfter", times: 1 },
  { kind: "error", status: 503, times: 2 },
  { kind: "error", status: 409, errorCode: 20006, times: 1 },
  // The other answer that AGS can give to the creation of a record.
  { kind: "error", status: 412, errorCode: 18180, times: 1 },
  { kind: "tooManyRequests", retryAfter: 0, times: 1 },
];

for (const fault of FAULTS) {
  Deno.test(`Cloud Save store: claims and marks through ${JSON.stringify(fault)}`, async () => {
    await using world = await openWorld();
    const { one, other, emulator } = world;
    emulator.faults.set([{ ...fault, match: CONCURRENT }]);
    const claim = await one.claim("k", CLAIM);
    assert.equal(claim.state === "claimed" && claim.attempt, 1);
    emulator.faults.set([{ ...fault, match: CONCURRENT }]);
    assert.equal(await one.complete("k", DONE), true);
    assert.ok(emulator.journal.requests().some(({ faults }) => faults?.length));
    const second = await other.claim("k", { ...CLAIM, token: "b" });
    assert.deepEqual(second, { state: "done" });
  });
}

Deno.test("Cloud Save store: an operation is bounded in time when AGS does not answer", async () => {
  await using world = await openWorld();
  const { client, emulator } = world;
  await using store = createCloudSaveStore({
    client,
    scope: "app",
    timeout: 50,
  });
  await client.ready(new AbortController().signal);
  emulator.faults.set([{ kind: "hang" }]);
  await assert.rejects(store.claim("k", CLAIM), /longer than 50 ms/);
});

Deno.test("Cloud Save store: rejects while AGS is down", async () => {
  await using world = await openWorld();
  world.emulator.faults.set([{ kind: "error", status: 503 }]);
  await assert.rejects(world.one.claim("k", CLAIM), /503/);
  await assert.rejects(world.one.complete("k", DONE), /503/);
});

Deno.test("Cloud Save store: a handled event costs four requests, a duplicate one", async () => {
  await using world = await openWorld();
  const { one, client, emulator: { journal } } = world;
  await client.ready(new AbortController().signal);
  const before = journal.counters.requests;
  await one.claim("k", CLAIM);
  await one.complete("k", DONE);
  assert.equal(journal.counters.requests - before, 4);
  await one.claim("k", { ...CLAIM, token: "b" });
  assert.equal(journal.counters.requests - before, 5);
});

Deno.test("Cloud Save store: records say when AGS is to delete them", async () => {
  await using world = await openWorld();
  const { one, emulator, now } = world;
  await one.claim("k", CLAIM);
  await one.complete("k", DONE);
  const [key = ""] = emulator.game.cloudSave.keys();
  const { expiresAt = 0 } = emulator.game.cloudSave.record(key) ?? {};
  assert.ok(expiresAt >= now() + TTL && expiresAt <= now() + TTL + 120_000);
});

Deno.test("Cloud Save store: record keys show nothing of the event and differ between apps", async () => {
  await using world = await openWorld();
  const { one, emulator, client } = world;
  await using second = createCloudSaveStore({ client, scope: "second app" });
  await one.claim("channel.event/player@example.com", CLAIM);
  const claim = await second.claim("channel.event/player@example.com", {
    ...CLAIM,
    token: "b",
  });
  assert.equal(claim.state, "claimed");
  const keys = emulator.game.cloudSave.keys();
  assert.equal(keys.length, 2);
  for (const key of keys) assert.match(key, /^extend-event-[0-9a-f]{40}$/);
});

Deno.test("Cloud Save store: a claim is left alone for as long as clocks may differ", async () => {
  await using world = await openWorld(5_000);
  const { one, other, pass } = world;
  await one.claim("k", { ...CLAIM, lease: 1_000 });
  await pass(5_999);
  const early = await other.claim("k", { ...CLAIM, token: "b" });
  assert.deepEqual(early, { state: "held", retryAfter: 1 });
  await pass(1);
  const claim = await other.claim("k", { ...CLAIM, token: "b" });
  assert.equal(claim.state, "claimed");
});
