import assert from "node:assert/strict";
import fc from "fast-check";
import {
  createMemoryBudget,
  type MemoryShare,
} from "../../lib/core/memory_budget.ts";

const never = new AbortController().signal;

/** Whether it has settled by now. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol();
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  return await Promise.race([promise, Promise.resolve(pending)]) !== pending;
}

Deno.test("A memory budget gives shares until there are none left, and again when one is back", () => {
  const budget = createMemoryBudget(100);
  const first = budget.tryTake(60);
  const second = budget.tryTake(40);
  assert.deepEqual([first?.bytes, second?.bytes, budget.used], [60, 40, 100]);
  assert.equal(budget.tryTake(1), undefined);
  first?.[Symbol.dispose]();
  first?.[Symbol.dispose]();
  assert.equal(budget.used, 40);
  assert.equal(budget.tryTake(61), undefined);
  assert.equal(budget.tryTake(60)?.bytes, 60);
});

Deno.test("A share that somebody retains is back when the last one has ended with it", () => {
  const budget = createMemoryBudget(100);
  const share = budget.tryTake(50)!;
  const one = share.retain();
  const other = share.retain();
  share[Symbol.dispose]();
  one[Symbol.dispose]();
  one[Symbol.dispose]();
  assert.equal(budget.used, 50);
  other[Symbol.dispose]();
  assert.equal(budget.used, 0);
});

Deno.test("Who waits for memory is served in turn", async () => {
  const budget = createMemoryBudget(100);
  const held = await budget.take(80, never);
  const large = budget.take(90, never);
  const small = budget.take(10, never);
  assert.ok(!await isSettled(small), "there would be room for it");
  assert.equal(budget.waiting, 2);
  held[Symbol.dispose]();
  assert.equal((await large).bytes, 90);
  assert.equal((await small).bytes, 10);
  assert.deepEqual([budget.used, budget.waiting], [100, 0]);
});

Deno.test("Who waits for memory may give up, and those behind go on", async () => {
  const budget = createMemoryBudget(100);
  await budget.take(80, never);
  const controller = new AbortController();
  const large = budget.take(90, controller.signal);
  const small = budget.take(10, never);
  const reason = new Error("enough");
  controller.abort(reason);
  await assert.rejects(large, reason);
  assert.equal((await small).bytes, 10);
  await assert.rejects(budget.take(1, controller.signal), reason);
  assert.equal(budget.used, 90);
});

Deno.test("Nobody waits for more memory than there is", async () => {
  const budget = createMemoryBudget(100);
  await assert.rejects(
    budget.take(101, never),
    /Share of 101 bytes exceeds the budget: expected at most 100/,
  );
  assert.equal(budget.tryTake(101), undefined);
});

Deno.test("Small shares do not have to wait for a large one, and it does not wait for ever", async () => {
  const budget = createMemoryBudget(100);
  const held = budget.tryTake(50)!;
  const large = budget.take(60, never);
  let served = 0;
  for (;; served++) {
    const share = budget.tryTake(10);
    if (share === undefined) break;
    share[Symbol.dispose]();
  }
  assert.equal(served, 1_000);
  held[Symbol.dispose]();
  assert.equal((await large).bytes, 60);
  assert.equal(budget.tryTake(10)?.bytes, 10);
});

Deno.test("Whatever is taken, given back and given up, shares are what is used, and no more than there is", async () => {
  const limit = 100;
  await fc.assert(fc.asyncProperty(
    fc.array(
      fc.record({
        what: fc.constantFrom("take", "try", "retain", "end", "abort"),
        bytes: fc.integer({ min: 0, max: limit }),
        at: fc.nat(),
      }),
      { maxLength: 60 },
    ),
    async (steps) => {
      const budget = createMemoryBudget(limit);
      /** What is held: its bytes, and what ends it. */
      const held: { share: MemoryShare; holds: Disposable[] }[] = [];
      const waits: { controller: AbortController }[] = [];
      const keep = (share: MemoryShare) => held.push({ share, holds: [share] });
      for (const { what, bytes, at } of steps) {
        const one = held[at % Math.max(1, held.length)];
        if (what === "take") {
          const controller = new AbortController();
          const wait = { controller };
          waits.push(wait);
          budget.take(bytes, controller.signal).then(keep, () => {})
            .finally(() => waits.splice(waits.indexOf(wait), 1));
        } else if (what === "try") {
          const share = budget.tryTake(bytes);
          if (share !== undefined) keep(share);
        } else if (what === "retain" && one !== undefined) {
          one.holds.push(one.share.retain());
        } else if (what === "end" && one !== undefined) {
          one.holds.pop()?.[Symbol.dispose]();
          if (one.holds.length === 0) held.splice(held.indexOf(one), 1);
        } else if (what === "abort") {
          waits[at % Math.max(1, waits.length)]?.controller.abort();
        }
        for (let turn = 0; turn < 10; turn++) await Promise.resolve();
        const sum = held.reduce((total, { share }) => total + share.bytes, 0);
        assert.equal(budget.used, sum);
        assert.ok(sum <= limit);
        assert.equal(budget.waiting, waits.length);
      }
      for (const { holds } of [...held]) {
        for (const hold of holds) hold[Symbol.dispose]();
      }
      held.length = 0;
      for (let turn = 0; turn < 10; turn++) await Promise.resolve();
      // Those who waited go on, one after the other.
      while (held.length > 0) {
        held.shift()?.share[Symbol.dispose]();
        for (let turn = 0; turn < 10; turn++) await Promise.resolve();
      }
      assert.deepEqual([budget.used, budget.waiting], [0, 0]);
    },
  ));
});
