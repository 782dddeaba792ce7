/**
 * The fault matrix's rows of the event stream, with fewer events.
 */

import assert from "node:assert/strict";
import { runCell } from "../../bench/faults/cell.ts";
import { FAULTS } from "../../bench/faults/faults.ts";
import { STORES } from "../../bench/faults/stores.ts";
import { kafkaTests } from "./_kafka_tests.ts";

const kafkaTest = kafkaTests();
const store = STORES.find(({ name }) => name === "memory");

for (const fault of FAULTS.filter(({ kafka }) => kafka !== undefined)) {
  kafkaTest(`${fault.name}: as guaranteed`, async ({ kafka }) => {
    const { signal } = new AbortController();
    const cell = await runCell({
      fault,
      store: store ?? assert.fail(),
      events: 200,
      kafka: () => Promise.resolve(kafka),
      signal,
    });
    assert.deepEqual(cell.problems, []);
    assert.equal(cell.deadLettered, fault.letters?.(200) ?? 0);
  });
}
