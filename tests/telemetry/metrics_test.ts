import assert from "node:assert/strict";
import { startMetrics } from "../../lib/telemetry/metrics.ts";

Deno.test("Metrics are in Prometheus's text format, and tell of this process", async () => {
  const { contentType, body } = await startMetrics().collect();
  assert.match(contentType, /^text\/plain; version=0\.0\.4/);
  assert.match(body, /^# TYPE process_cpu_seconds_total counter$/m);
  const memory = /^process_resident_memory_bytes (\S+)$/m.exec(body)?.[1];
  // A megabyte is far less than any runtime takes, and not the 0 of a reading that failed.
  assert.ok(Number(memory) > 1_000_000, `memory is ${memory}`);
  for (const line of body.trimEnd().split("\n")) {
    assert.match(line, /^(# (HELP|TYPE) \w+ .+|\w+(\{.*\})? \S+)?$/);
  }
});

Deno.test("Metrics of two services in one process do not get in each other's way", async () => {
  const [first, second] = [startMetrics(), startMetrics()];
  assert.match((await first.collect()).body, /process_cpu_seconds_total/);
  assert.match((await second.collect()).body, /process_cpu_seconds_total/);
});
