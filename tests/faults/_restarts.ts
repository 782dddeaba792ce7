/**
 * The end of a process with 200 events in flight.
 *
 * @module
 */

import assert from "node:assert/strict";
import { runCell } from "../../bench/faults/cell.ts";
import type { FaultCase } from "../../bench/faults/fault_case.ts";
import { type StoreName, STORES } from "../../bench/faults/stores.ts";

/** Events in flight when the signal comes. */
const IN_FLIGHT = 200;

/**
 * SIGTERM when the first of 200 events at once have been granted; the batches are
 * delivered to the next process again, whatever was answered.
 */
const DRAIN: FaultCase = {
  name: "drain",
  title: "SIGTERM with 200 events in flight",
  // No event's time is up while the machine is busy: that is another fault.
  settings: { HANDLER_TIMEOUT: "60s" },
  grace: 60_000,
  ags: () => [{ kind: "latency", ms: 300, match: { path: "/platform" } }],
  connector: { batchSize: IN_FLIGHT / 2, replays: () => 1 },
  async disturb({ service, progress }) {
    await progress(1 / IN_FLIGHT);
    await service.restart("SIGTERM");
  },
};

/** Asserts that nothing is lost and nothing granted twice. */
export async function assertDrains(name: StoreName): Promise<void> {
  const store = STORES.find((each) => each.name === name) ?? assert.fail();
  const cell = await runCell({
    fault: DRAIN,
    store,
    events: IN_FLIGHT,
    signal: new AbortController().signal,
  });
  // Among them: exit code 0, within the grace.
  assert.deepEqual(cell.problems, []);
  assert.equal(cell.handled, IN_FLIGHT);
  assert.ok(cell.delivered >= 2 * IN_FLIGHT);
}
