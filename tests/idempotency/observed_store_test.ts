import assert from "node:assert/strict";
import { STORE_RULES } from "../../lib/idempotency/conformance.ts";
import { createMemoryStore } from "../../lib/idempotency/memory_store.ts";
import { observeStore } from "../../lib/idempotency/observed_store.ts";
import { faultyStore } from "../middleware/_idempotency.ts";

const CLAIM = { token: "a", lease: 1_000, ttl: 1_000 };

function observed() {
  const store = faultyStore(createMemoryStore());
  const seen: string[] = [];
  const seconds: number[] = [];
  const outer = observeStore(store, {
    claimed: (name, result) => seen.push(`${name} claimed ${result}`),
    took: (name, operation, time) => {
      seen.push(`${name} took ${operation}`);
      seconds.push(time);
    },
    failed: (name, operation) => seen.push(`${name} failed ${operation}`),
  });
  return { store, outer, seen, seconds };
}

Deno.test("An observed store tells what each claim found and how long each operation took", async () => {
  const { outer, seen, seconds } = observed();
  await outer.claim("k", CLAIM);
  await outer.claim("k", { ...CLAIM, token: "b" });
  await outer.renew("k", CLAIM);
  await outer.complete("k", { ...CLAIM, ending: "done" });
  await outer.claim("k", CLAIM);
  assert.deepEqual(seen, [
    "faulty took claim",
    "faulty claimed claimed",
    "faulty took claim",
    "faulty claimed held",
    "faulty took renew",
    "faulty took complete",
    "faulty took claim",
    "faulty claimed done",
  ]);
  assert.ok(seconds.every((time) => time >= 0 && time < 1));
});

Deno.test("An observed store tells of its errors, and passes them on", async () => {
  const { store, outer, seen } = observed();
  store.broken.add("claim").add("release");
  await assert.rejects(outer.claim("k", CLAIM), /broken/);
  const tally = { failures: 0, countedAt: 0 };
  await assert.rejects(outer.release("k", { ...CLAIM, tally }), /broken/);
  assert.deepEqual(seen, [
    "faulty failed claim",
    "faulty took claim",
    "faulty failed release",
    "faulty took release",
  ]);
});

Deno.test("An observed store keeps every rule of the suite", async () => {
  for (const { check } of STORE_RULES) {
    await check(() => {
      let time = 1_000_000;
      const { claimed, took, failed } = {
        claimed: () => {},
        took: () => {},
        failed: () => {},
      };
      const store = observeStore(createMemoryStore({ clock: () => time }), {
        claimed,
        took,
        failed,
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
    });
  }
});
