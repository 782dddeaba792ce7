import assert from "node:assert/strict";
import type { StoreWorld } from "../../lib/idempotency/conformance.ts";
import { STORE_RULES } from "../../lib/idempotency/conformance.ts";
import { createMemoryStore } from "../../lib/idempotency/memory_store.ts";

const TTL = 3_600_000;
const DONE = { ending: "done", ttl: TTL } as const;

function openWorld(capacity?: number): Promise<StoreWorld> {
  let time = Date.UTC(2026, 0, 1);
  const store = createMemoryStore({
    clock: () => time,
    ...(capacity !== undefined && { capacity }),
  });
  return Promise.resolve({
    one: store,
    other: store,
    pass(milliseconds: number) {
      time += milliseconds;
      return Promise.resolve();
    },
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  });
}

for (const { name, check } of STORE_RULES) {
  Deno.test(`memory store: ${name}`, () => check(() => openWorld()));
}

function claimOf(token: string, lease = 1_000) {
  return { token, lease, ttl: TTL };
}

Deno.test("memory store: beyond its capacity the least recently used event is forgotten first", async () => {
  await using world = await openWorld(3);
  const { one: store } = world;
  for (const key of ["a", "b", "c"]) {
    await store.claim(key, claimOf(key));
    await store.complete(key, { token: key, ...DONE });
  }
  assert.equal((await store.claim("a", claimOf("again"))).state, "done");
  await store.claim("d", claimOf("d"));
  await store.complete("d", { token: "d", ...DONE });
  const states = [];
  for (const key of ["a", "b", "c", "d"]) {
    states.push((await store.claim(key, claimOf("again"))).state);
  }
  assert.deepEqual(states, ["done", "claimed", "done", "done"]);
});

Deno.test("memory store: claims that hold are kept beyond its capacity, those that ran out are not", async () => {
  await using world = await openWorld(3);
  const { one: store, pass } = world;
  const lost = await Promise.all(
    ["a", "b"].map((key) => store.claim(key, claimOf(key, 10))),
  );
  assert.deepEqual(lost.map(({ state }) => state), ["claimed", "claimed"]);
  await pass(10);
  const held = ["c", "d", "e", "f", "g"];
  for (const key of held) await store.claim(key, claimOf(key));
  for (const key of held) {
    assert.equal((await store.claim(key, claimOf("x"))).state, "held", key);
  }
  // Forgotten with its history: a claim of this process that nobody asked for again.
  const claim = await store.claim("a", claimOf("again"));
  assert.equal(claim.state === "claimed" && claim.attempt, 1);
});
