import assert from "node:assert/strict";
import { Registry } from "prom-client";
import { createMemoryStore } from "../../lib/idempotency/memory_store.ts";
import { observeStore } from "../../lib/idempotency/observed_store.ts";
import { createIdempotencyMetrics } from "../../lib/telemetry/idempotency_metrics.ts";
import { faultyStore } from "../middleware/_idempotency.ts";
import { DURATION_BUCKETS } from "../../lib/telemetry/_children.ts";
import { type Exposition, parseExposition } from "./_exposition.ts";

const CLAIM = { token: "a", lease: 1_000, ttl: 1_000 };

function start() {
  const registry = new Registry();
  const metrics = createIdempotencyMetrics(registry);
  const store = faultyStore(createMemoryStore());
  return {
    metrics,
    store,
    observed: observeStore(store, metrics),
    read: async () => parseExposition(await registry.metrics()),
  };
}

/** The counters that begin so and are not 0, by their labels. */
function moved({ series, value }: Exposition, name: string) {
  const named = series(`${name}{`).map((each) =>
    [each.slice(name.length), value(each)] as const
  );
  return Object.fromEntries(named.filter(([, count]) => count !== 0));
}

Deno.test("Claims by result and errors by operation are there at 0 once the store is named", async () => {
  const { metrics, read } = start();
  assert.equal((await read()).series("idempotency_").length, 0);
  metrics.watch("faulty");
  const { series, value } = await read();
  const expected = [
    ...["claimed", "held", "done", "dead_letter"].map((result) =>
      `idempotency_claims_total{store="faulty",result="${result}"}`
    ),
    ...["claim", "renew", "complete", "release"].map((operation) =>
      `idempotency_store_errors_total{store="faulty",operation="${operation}"}`
    ),
  ];
  assert.deepEqual([...series("idempotency_")].sort(), expected.sort());
  for (const each of expected) assert.equal(value(each), 0, each);
});

Deno.test("What claims found is counted, and each operation timed", async () => {
  const { observed, read } = start();
  await observed.claim("k", CLAIM);
  await observed.claim("k", { ...CLAIM, token: "b" });
  await observed.claim("k", { ...CLAIM, token: "b" });
  await observed.renew("k", CLAIM);
  await observed.complete("k", { ...CLAIM, ending: "dead_letter" });
  await observed.claim("k", { ...CLAIM, token: "b" });
  const metrics = await read();
  assert.deepEqual(moved(metrics, "idempotency_claims_total"), {
    '{store="faulty",result="claimed"}': 1,
    '{store="faulty",result="held"}': 2,
    '{store="faulty",result="dead_letter"}': 1,
  });
  assert.deepEqual(moved(metrics, "idempotency_store_seconds_count"), {
    '{store="faulty",operation="claim"}': 4,
    '{store="faulty",operation="renew"}': 1,
    '{store="faulty",operation="complete"}': 1,
  });
  assert.deepEqual(moved(metrics, "idempotency_store_errors_total"), {});
  assert.equal(
    metrics.series("idempotency_store_seconds_bucket{").length,
    3 * (DURATION_BUCKETS.length + 1),
    "the buckets of all durations",
  );
});

Deno.test("What the store did not answer is an error of that operation, with its time, and no claim", async () => {
  const { store, observed, read } = start();
  store.broken.add("claim").add("complete");
  await assert.rejects(observed.claim("k", CLAIM));
  await assert.rejects(observed.complete("k", { ...CLAIM, ending: "done" }));
  const metrics = await read();
  assert.deepEqual(moved(metrics, "idempotency_claims_total"), {});
  assert.deepEqual(moved(metrics, "idempotency_store_errors_total"), {
    '{store="faulty",operation="claim"}': 1,
    '{store="faulty",operation="complete"}': 1,
  });
  assert.deepEqual(moved(metrics, "idempotency_store_seconds_count"), {
    '{store="faulty",operation="claim"}': 1,
    '{store="faulty",operation="complete"}': 1,
  });
});
