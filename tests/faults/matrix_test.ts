import assert from "node:assert/strict";
import { runCell } from "../../bench/faults/cell.ts";
import type { FaultCase } from "../../bench/faults/fault_case.ts";
import { FAULTS, isTried } from "../../bench/faults/faults.ts";
import { type StoreName, STORES } from "../../bench/faults/stores.ts";

const { signal } = new AbortController();

function faultNamed(name: string): FaultCase {
  return FAULTS.find((each) => each.name === name) ?? assert.fail(name);
}

function run(fault: string | FaultCase, name: StoreName, events: number) {
  const store = STORES.find((each) => each.name === name) ?? assert.fail();
  return runCell({
    fault: typeof fault === "string" ? faultNamed(fault) : fault,
    store,
    events,
    signal,
  });
}

Deno.test("every fault is tried on some store, and no fault is there twice", () => {
  for (const fault of FAULTS) {
    assert.ok(STORES.some((store) => isTried(fault, store)), fault.name);
  }
  const names = FAULTS.flatMap(({ name, title }) => [name, title]);
  assert.ok(names.length - new Set(names).size <= 1);
});

Deno.test("a fault matrix of 60 events on memory: nothing lost, nothing granted twice", async (t) => {
  for (const fault of ["none", "errors", "unauthorized", "replays"]) {
    await t.step(fault, async () => {
      const { problems, handled, absorbed } = await run(fault, "memory", 60);
      assert.deepEqual(problems, []);
      assert.equal(handled, 60);
      if (fault === "replays") assert.ok(absorbed >= 60);
    });
  }
});

Deno.test("the matrix sees what v1 grants twice when answers are lost, and v3 does not", async () => {
  const v1 = await run("reset-after", "memory", 60);
  assert.ok(v1.twice > 0);
  assert.deepEqual([v1.gap, v1.problems], ["answer", []]);
  const v3 = await run("reset-after", "memory, v3", 60);
  assert.deepEqual([v3.twice, v3.problems], [0, []]);
});

Deno.test("the matrix sees what is granted twice without a store", async () => {
  const { twice, absorbed } = await run("replays", "none", 60);
  assert.deepEqual([twice, absorbed], [60, 0]);
});

Deno.test("a bug and a refusal of one event in a hundred end as dead letters, and the others are handled", async () => {
  for (const fault of ["poison", "refused"]) {
    const cell = await run(fault, "memory", 100);
    assert.deepEqual(
      [cell.problems, cell.deadLettered, cell.handled],
      [[], 1, 99],
    );
  }
});
