import assert from "node:assert/strict";
import { monitorEventLoop } from "../../lib/telemetry/_event_loop.ts";

const INTERVAL = 20;

/** A clock that has passed so much more at each reading. */
function clockOf(steps: readonly number[]): () => number {
  let at = 0;
  let index = 0;
  return () => at += steps[index++] ?? INTERVAL;
}

/** The figures once the timer has fired so often. */
async function figuresAfter(
  lags: readonly number[],
): Promise<ReturnType<ReturnType<typeof monitorEventLoop>["read"]>> {
  let readings = 0;
  // The first reading is that of the start.
  const clock = clockOf([0, ...lags.map((lag) => INTERVAL + lag)]);
  const now = () => {
    readings++;
    return clock();
  };
  using monitor = monitorEventLoop({ now });
  assert.equal(monitor.read(), undefined);
  while (readings <= lags.length) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return monitor.read();
}

Deno.test("The event loop's lag is how much later a timer fires than it was set for", async () => {
  const figures = await figuresAfter([0, 300, 100, 0]);
  assert.deepEqual(
    { ...figures, stddev: Math.round((figures?.stddev ?? 0) * 1_000) },
    {
      min: 0,
      max: 0.3,
      mean: 0.1,
      // √((0.01 + 0.04 + 0 + 0.01) / 4)
      stddev: 122,
      p50: 0,
      p90: 0.3,
      p99: 0.3,
    },
  );
});

Deno.test("The event loop's lag is not below 0 when a timer is early", async () => {
  assert.equal((await figuresAfter([-5]))?.min, 0);
});

Deno.test("The event loop's lag shows what held it up", async () => {
  using monitor = monitorEventLoop();
  const end = performance.now() + 200;
  while (performance.now() < end);
  while (monitor.read() === undefined) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  const { max } = monitor.read()!;
  assert.ok(max >= 0.15, `lag is ${max} s after 0.2 s`);
});
