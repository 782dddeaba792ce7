import assert from "node:assert/strict";
import { Registry } from "prom-client";
import { createKafkaMetrics } from "../../lib/kafka/metrics.ts";
import { metricsIn } from "../../lib/telemetry/metrics_port.ts";
import { parseExposition } from "../telemetry/_exposition.ts";

const TOPIC = "stage.userAuthentication";
const place = (partition = 0) => ({ topic: TOPIC, partition });

function start() {
  const registry = new Registry();
  const metrics = createKafkaMetrics(metricsIn(registry));
  const source = { partitions: [place(0), place(1)], isJoined: true };
  metrics.watch({ topics: [TOPIC], source });
  return {
    metrics,
    source,
    read: async () => parseExposition(await registry.metrics()),
  };
}

Deno.test("what a topic can bring is there at 0", async () => {
  const { value, series } = await start().read();
  const outcomes = ["handled", "skipped", "dead", "revoked"];
  for (const outcome of outcomes) {
    const labels = `topic="${TOPIC}",outcome="${outcome}"`;
    assert.equal(value(`eventstream_consumed_total{${labels}}`), 0);
  }
  assert.equal(series("eventstream_consumed_total{").length, outcomes.length);
  for (const name of ["retries", "undecodable", "unhandled"]) {
    assert.equal(value(`eventstream_${name}_total{topic="${TOPIC}"}`), 0);
  }
  assert.equal(value("eventstream_rebalances_total"), 0);
  assert.equal(value('eventstream_commits_total{outcome="failed"}'), 0);
  assert.equal(value(`eventstream_lag_records{topic="${TOPIC}"}`), 0);
});

Deno.test("each thing that the event stream tells counts as what it is", async () => {
  const { metrics, read } = start();
  metrics.consumed({ ...place(), outcome: "handled" });
  metrics.consumed({ ...place(1), outcome: "handled" });
  metrics.consumed({ ...place(), outcome: "dead" });
  metrics.retried(place());
  metrics.undecodable(TOPIC);
  metrics.unhandled(TOPIC);
  metrics.unknownFields("a.b", 3);
  metrics.rebalanced();
  metrics.relocated({ ...place(), reason: "expired" });
  metrics.committed({ seconds: 0.2 });
  metrics.committed({ seconds: 0.2, error: new Error("No") });
  metrics.produced({ topic: "out", partition: 3, count: 5, seconds: 0.02 });
  metrics.produceFailed({ topic: "out", count: 2 });
  const { value } = await read();
  const consumed = (outcome: string) =>
    value(`eventstream_consumed_total{topic="${TOPIC}",outcome="${outcome}"}`);
  assert.deepEqual(["handled", "dead", "skipped"].map(consumed), [2, 1, 0]);
  for (const name of ["retries", "undecodable", "unhandled"]) {
    assert.equal(value(`eventstream_${name}_total{topic="${TOPIC}"}`), 1, name);
  }
  assert.equal(value('eventstream_unknown_fields_total{type="a.b"}'), 3);
  assert.equal(value("eventstream_rebalances_total"), 1);
  const relocated = (reason: string) =>
    value(`eventstream_relocations_total{topic="${TOPIC}",reason="${reason}"}`);
  assert.deepEqual(["expired", "recreated"].map(relocated), [1, 0]);
  assert.equal(value('eventstream_commits_total{outcome="committed"}'), 1);
  assert.equal(value('eventstream_commits_total{outcome="failed"}'), 1);
  assert.equal(value("eventstream_commit_seconds_count"), 2);
  assert.equal(value('eventstream_commit_seconds_bucket{le="0.1"}'), 0);
  assert.equal(value('eventstream_commit_seconds_bucket{le="0.25"}'), 2);
  const produced = (outcome: string) =>
    value(`eventstream_produced_total{topic="out",outcome="${outcome}"}`);
  assert.deepEqual(["confirmed", "failed"].map(produced), [5, 2]);
  assert.equal(value("eventstream_publish_seconds_count"), 1);
});

Deno.test("the lag is that of the partitions that the process has", async () => {
  const { metrics, source, read } = start();
  metrics.lag({ ...place(0), records: 4 });
  metrics.lag({ ...place(1), records: 3 });
  const name = `eventstream_lag_records{topic="${TOPIC}"}`;
  assert.equal((await read()).value(name), 7);
  source.partitions = [place(1)];
  assert.equal((await read()).value(name), 3);
  source.partitions = [];
  source.isJoined = false;
  const { value } = await read();
  assert.equal(value(name), 0);
  assert.equal(value("eventstream_partitions"), 0);
  assert.equal(value("eventstream_joined"), 0);
});

Deno.test("topics without end are one in the end", async () => {
  const { metrics, read } = start();
  for (let index = 0; index < 500; index++) {
    metrics.produced({
      topic: `topic-${index}`,
      partition: 0,
      count: 1,
      seconds: 0,
    });
  }
  const { value, series } = await read();
  assert.equal(series("eventstream_produced_total{").length, 201);
  const other = 'eventstream_produced_total{topic="other",outcome="confirmed"}';
  assert.equal(value(other), 300);
});
