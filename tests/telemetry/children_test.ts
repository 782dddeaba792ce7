import assert from "node:assert/strict";
import { Registry } from "prom-client";
import {
  createCounter,
  createDurations,
  DURATION_BUCKETS,
} from "../../lib/telemetry/_children.ts";
import { parseExposition } from "./_exposition.ts";

async function read(registry: Registry) {
  return parseExposition(await registry.metrics());
}

Deno.test("A counter's series is there at 0 once it is asked for, and counts", async () => {
  const registry = new Registry();
  const family = createCounter(registry, {
    name: "a_total",
    help: "As.",
    labelNames: ["x", "y"],
  });
  const child = family.child({ x: "1", y: "2" });
  assert.equal((await read(registry)).value('a_total{x="1",y="2"}'), 0);
  child.value++;
  // The same labels are the same series.
  family.child({ x: "1", y: "2" }).value += 2;
  family.child({ x: "12", y: "" }).value++;
  const { value, text } = await read(registry);
  assert.equal(value('a_total{x="1",y="2"}'), 3);
  assert.equal(value('a_total{x="12",y=""}'), 1);
  assert.match(text, /^# HELP a_total As\.\n# TYPE a_total counter$/m);
});

Deno.test("A label's value is escaped", async () => {
  const registry = new Registry();
  const options = { name: "a_total", help: "As.", labelNames: ["x"] };
  createCounter(registry, options).child({ x: 'a"b\\c\nd' }).value++;
  assert.equal((await read(registry)).value('a_total{x="a\\"b\\\\c\\nd"}'), 1);
});

Deno.test("A histogram counts a value in the bucket of its bound and in all above", async () => {
  const registry = new Registry();
  const family = createDurations(registry, {
    name: "a_seconds",
    help: "As.",
    labelNames: ["x"],
  });
  const child = family.child({ x: "1" });
  for (const seconds of [0, 0.0005, 0.00051, 30, 31]) child.observe(seconds);
  const { value, text } = await read(registry);
  const bucket = (le: number | string) =>
    value(`a_seconds_bucket{le="${le}",x="1"}`);
  assert.equal(bucket(0.0005), 2);
  assert.equal(bucket(0.001), 3);
  assert.equal(bucket(10), 3);
  assert.equal(bucket(30), 4);
  assert.equal(bucket("+Inf"), 5);
  assert.equal(value('a_seconds_count{x="1"}'), 5);
  assert.ok(Math.abs((value('a_seconds_sum{x="1"}') ?? 0) - 61.00101) < 1e-9);
  assert.match(text, /^# TYPE a_seconds histogram$/m);
});

Deno.test("Durations have buckets from half a millisecond to the default timeout, in order", () => {
  assert.equal(DURATION_BUCKETS[0], 0.0005);
  assert.equal(DURATION_BUCKETS.at(-1), 30);
  assert.deepEqual(
    DURATION_BUCKETS.toSorted((a, b) => a - b),
    DURATION_BUCKETS,
  );
});
