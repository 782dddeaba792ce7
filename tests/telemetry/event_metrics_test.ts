import assert from "node:assert/strict";
import { Registry } from "prom-client";
import type { Reason, Result } from "../../lib/core/outcome.ts";
import { createEventMetrics } from "../../lib/telemetry/event_metrics.ts";
import {
  TEST_TYPE,
  testDelivery,
  testEvent,
  testHandler,
} from "../_support/delivery.ts";
import { parseExposition } from "./_exposition.ts";

const OUTCOMES: readonly Result["outcome"][] = [
  "handled",
  "skipped",
  "duplicate",
  "rejected",
  "failed",
  "exhausted",
  "overloaded",
  "cancelled",
];
const FAILURES: readonly Reason[] = [
  "unavailable",
  "deadline",
  "draining",
  "bug",
  "too_large",
  "unreadable",
];
const LABELS = `type="${TEST_TYPE}",source="test"`;

function start() {
  const registry = new Registry();
  const metrics = createEventMetrics(registry);
  const concurrency = { running: 0, queued: 0 };
  metrics.watch({
    routes: new Map([[TEST_TYPE, [{ handler: testHandler() }]]]),
    concurrency,
    limit: 7,
    memory: { used: 5, limit: 7, waiting: 1 },
    queueLimit: 5,
    sources: ["test"],
  });
  return {
    concurrency,
    metrics,
    read: async () => parseExposition(await registry.metrics()),
  };
}

Deno.test("Every outcome and reason of every served type is there at 0", async () => {
  const { read } = start();
  const { value, series } = await read();
  for (const outcome of OUTCOMES) {
    assert.equal(value(`events_total{${LABELS},outcome="${outcome}"}`), 0);
  }
  assert.equal(series("events_total{").length, OUTCOMES.length);
  for (const reason of FAILURES) {
    const name = `event_failures_total{type="${TEST_TYPE}",reason="${reason}"}`;
    assert.equal(value(name), 0);
  }
  assert.equal(series("event_failures_total{").length, FAILURES.length);
});

for (const outcome of OUTCOMES) {
  Deno.test(`An event that is ${outcome} counts as that and nothing else`, async () => {
    const { metrics, read } = start();
    const reason = outcome === "failed"
      ? "deadline"
      : outcome === "rejected"
      ? "bad_event"
      : outcome;
    metrics.ended(testDelivery(), { outcome, reason }, { milliseconds: 20 });
    const { value, series } = await read();
    for (const each of OUTCOMES) {
      assert.equal(
        value(`events_total{${LABELS},outcome="${each}"}`),
        each === outcome ? 1 : 0,
      );
    }
    const failed = series("event_failures_total{")
      .filter((each) => value(each) !== 0);
    assert.deepEqual(
      failed,
      outcome === "failed"
        ? [`event_failures_total{type="${TEST_TYPE}",reason="deadline"}`]
        : [],
    );
    assert.equal(value(`event_handling_seconds_sum{${LABELS}}`), 0.02);
    assert.equal(value(`event_handling_seconds_count{${LABELS}}`), 1);
  });
}

Deno.test("Runs are counted by which run of their event they were, from 0 on, and all from the fourth on as one", async () => {
  const { metrics, read } = start();
  const counts = async () => {
    const { series, value } = await read();
    return series("event_attempts_total{").map((each) => [each, value(each)]);
  };
  const series = (attempt: string) =>
    `event_attempts_total{type="${TEST_TYPE}",attempt="${attempt}"}`;
  assert.deepEqual(
    await counts(),
    ["1", "2", "3", "4+"].map((attempt) => [series(attempt), 0]),
  );
  const end = (attempt: number, isRun: boolean) =>
    metrics.ended(
      testDelivery({ attempt, isRun }),
      { outcome: "failed", reason: "bug" },
      { milliseconds: 1 },
    );
  for (const attempt of [1, 1, 2, 3, 4, 5, 4_000]) end(attempt, true);
  // A duplicate, a refusal: nothing was run.
  end(1, false);
  assert.deepEqual(await counts(), [
    [series("1"), 2],
    [series("2"), 1],
    [series("3"), 1],
    [series("4+"), 3],
  ]);
});

Deno.test("Events of another source are counted apart", async () => {
  const { metrics, read } = start();
  metrics.ended(testDelivery({ source: "other" }), {
    outcome: "handled",
    reason: "handled",
  }, { milliseconds: 1 });
  const { value } = await read();
  assert.equal(value(`events_total{${LABELS},outcome="handled"}`), 0);
  const other = LABELS.replace('test"', 'other"');
  assert.equal(value(`events_total{${other},outcome="handled"}`), 1);
});

Deno.test("Events in flight and in the queue, and their limits, are read when somebody asks", async () => {
  const { concurrency, read } = start();
  assert.equal((await read()).value("events_in_flight"), 0);
  assert.equal((await read()).value("events_queued"), 0);
  Object.assign(concurrency, { running: 3, queued: 2 });
  const { value } = await read();
  assert.equal(value("events_in_flight"), 3);
  assert.equal(value("events_in_flight_limit"), 7);
  assert.equal(value("events_queued"), 2);
  assert.equal(value("events_queue_limit"), 5);
});

Deno.test("Events are labelled with what they were routed by: topics are without number", async () => {
  const { metrics, read } = start();
  for (const topic of ["one", "two", "three"]) {
    metrics.ended(
      testDelivery({
        event: testEvent({ type: `asyncMessaging.${topic}` }),
        route: "asyncMessaging.*",
      }),
      { outcome: "handled", reason: "handled" },
      { milliseconds: 1 },
    );
  }
  const { value, series } = await read();
  const labels = 'type="asyncMessaging.*",source="test"';
  assert.equal(value(`events_total{${labels},outcome="handled"}`), 3);
  assert.deepEqual(
    series("events_total{").filter((each) => /one|two|three/.test(each)),
    [],
  );
});
