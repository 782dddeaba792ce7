import assert from "node:assert/strict";
import { runCell } from "../../bench/faults/cell.ts";
import { FAULTS, isTried } from "../../bench/faults/faults.ts";
import { STORES } from "../../bench/faults/stores.ts";
import { REDIS, testWithTool } from "../conformance/_tools.ts";
import { assertDrains } from "../faults/_restarts.ts";

testWithTool(
  "redis: SIGTERM with 200 events in flight, all of them delivered to the next process again: 0 lost, 0 granted twice",
  REDIS,
  () => assertDrains("redis"),
);

for (const store of STORES.filter(({ kind }) => kind === "redis")) {
  for (
    const name of [
      "sigterm",
      "sigkill",
      "store-hangs",
      "store-down",
      "store-down-sigterm",
      "frozen",
    ]
  ) {
    const fault = FAULTS.find((each) => each.name === name) ?? assert.fail();
    if (!isTried(fault, store)) continue;
    testWithTool(
      `${store.name}: ${fault.title}: as guaranteed`,
      REDIS,
      async () => {
        const { signal } = new AbortController();
        const cell = await runCell({ fault, store, events: 200, signal });
        assert.deepEqual(cell.problems, []);
      },
    );
  }
}
