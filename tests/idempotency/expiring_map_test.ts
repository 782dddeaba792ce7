import assert from "node:assert/strict";
import fc from "fast-check";
import { createExpiringMap } from "../../lib/idempotency/_expiring_map.ts";

const CAPACITY = 4;

const step = fc.record({
  kind: fc.constantFrom("get", "set", "set", "delete", "pass"),
  key: fc.nat(7).map(String),
  time: fc.nat(20),
});

Deno.test("The map keeps what was used last, and forgets what expires", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const map = createExpiringMap<number>(CAPACITY);
      // The same, plainly: an array, the least recently used first.
      let model: { key: string; value: number; expiresAt: number }[] = [];
      let now = 0;
      for (const [index, { kind, key, time }] of steps.entries()) {
        const known = model.find((entry) => entry.key === key);
        const others = model.filter((entry) => entry !== known);
        if (kind === "get") {
          const isFresh = known !== undefined && known.expiresAt > now;
          assert.equal(map.get(key, now), isFresh ? known.value : undefined);
          model = isFresh ? [...others, known] : others;
        } else if (kind === "set") {
          map.set(key, index, now + time);
          const entry = { key, value: index, expiresAt: now + time };
          model = [...others.slice(1 - CAPACITY), entry];
        } else if (kind === "delete") {
          map.delete(key);
          model = others;
        } else now += time;
        assert.equal(map.size, model.length);
      }
    }),
    { numRuns: 1_000 },
  );
});

Deno.test("A full map takes a million entries more in no time", () => {
  const map = createExpiringMap<number>(100_000);
  const start = performance.now();
  for (let index = 0; index < 1_000_000; index++) {
    map.set(`${index}`, index, Infinity);
  }
  assert.equal(map.size, 100_000);
  assert.equal(map.get("899999", 0), undefined);
  assert.equal(map.get("900000", 0), 900_000);
  // It took a minute when each looked for the oldest from the start.
  assert.ok(performance.now() - start < 20_000);
});
