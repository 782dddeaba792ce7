import assert from "node:assert/strict";
import { Gauge } from "prom-client";
import { type Metrics, startMetrics } from "../../lib/telemetry/metrics.ts";
import { parseExposition } from "./_exposition.ts";

function start(): Metrics {
  return startMetrics({ build: { version: "1.2.3", commit: "abcdef" } });
}

Deno.test("Metrics are in Prometheus's text format, and tell of this process", async () => {
  using metrics = start();
  const { contentType, body } = await metrics.collect();
  assert.match(contentType, /^text\/plain; version=0\.0\.4/);
  assert.match(body, /^# TYPE process_cpu_seconds_total counter$/m);
  const { value } = parseExposition(body);
  // A megabyte is far less than any runtime takes, and not the 0 of a reading that failed.
  for (
    const name of [
      "process_resident_memory_bytes",
      "nodejs_heap_size_used_bytes",
    ]
  ) {
    assert.ok(Number(value(name)) > 1_000_000, `${name} is ${value(name)}`);
  }
  for (const line of body.trimEnd().split("\n")) {
    assert.match(line, /^(# (HELP|TYPE) \w+ .+|\w+(\{.*\})? \S+)?$/);
  }
});

Deno.test("Metrics say which build this is, and on which Deno", async () => {
  using metrics = start();
  const { value } = parseExposition((await metrics.collect()).body);
  assert.equal(
    value(
      `extend_event_handler_info{version="1.2.3",commit="abcdef",deno="${Deno.version.deno}"}`,
    ),
    1,
  );
});

Deno.test("Metrics of CPU time and start time are those of the system", async () => {
  using metrics = start();
  const read = async () => parseExposition((await metrics.collect()).body);
  const before = (await read()).value("process_cpu_seconds_total") ?? NaN;
  const end = performance.now() + 50;
  while (performance.now() < end);
  const after = await read();
  const cpu = after.value("process_cpu_seconds_total") ?? NaN;
  assert.ok(cpu > before, `CPU time went from ${before} to ${cpu}`);
  const parts = ["user", "system"].map((part) =>
    after.value(`process_cpu_${part}_seconds_total`) ?? NaN
  );
  const sum = parts.reduce((a, b) => a + b);
  assert.ok(Math.abs(sum - cpu) < 0.1, `${parts} is not ${cpu}`);
  const started = after.value("process_start_time_seconds") ?? NaN;
  const age = Date.now() / 1_000 - started;
  assert.ok(age > 0 && age < 3_600, `process is ${age} s old`);
});

Deno.test("Metrics of two services in one process do not get in each other's way", async () => {
  using first = start();
  using second = start();
  assert.match((await first.collect()).body, /process_cpu_seconds_total/);
  assert.match((await second.collect()).body, /process_cpu_seconds_total/);
});

Deno.test("Metrics are read once for all who ask at the same time", async () => {
  using metrics = start();
  let reads = 0;
  new Gauge({
    name: "reads",
    help: "Reads.",
    registers: [metrics.registry],
    collect() {
      this.set(++reads);
    },
  });
  await Promise.all([metrics.collect(), metrics.collect(), metrics.collect()]);
  assert.equal(reads, 1);
  await metrics.collect();
  assert.equal(reads, 2);
});

Deno.test("Metrics that cannot be read once can be read again", async () => {
  using metrics = start();
  let isBroken = true;
  new Gauge({
    name: "broken",
    help: "Broken.",
    registers: [metrics.registry],
    collect() {
      if (isBroken) throw new Error("broken");
    },
  });
  await assert.rejects(metrics.collect(), /broken/);
  isBroken = false;
  assert.match((await metrics.collect()).body, /^broken 0$/m);
});
