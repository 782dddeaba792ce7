/**
 * Process metrics, with the names that prom-client, and so the dashboards for
 * Node, use.
 *
 * Of prom-client's own metrics, only those that work on Deno are used: Deno
 * denies `/proc` to a process without all permissions, reports no garbage
 * collections and no handles, and is not Node's version.
 *
 * @module
 */

import process from "node:process";
import v8 from "node:v8";
import { Counter, Gauge, type Registry } from "prom-client";
import { type EventLoopLag, monitorEventLoop } from "./_event_loop.ts";
import { createReading } from "./_reading.ts";

/** Registers the metrics. Disposing stops measuring the event loop. */
export function startProcessMetrics(registry: Registry): Disposable {
  addCpu(registry);
  createReading(registry, {
    name: "process_start_time_seconds",
    help: "Start time of the process, in seconds since 1970.",
    read: () => performance.timeOrigin / 1_000,
  });
  addMemory(registry);
  addHeapSpaces(registry);
  return addEventLoop(registry);
}

function addCpu(registry: Registry): void {
  const times = [
    ["process_cpu_user_seconds_total", "in user mode", ["user"]],
    ["process_cpu_system_seconds_total", "in the kernel", ["system"]],
    ["process_cpu_seconds_total", "in both", ["user", "system"]],
  ] as const;
  for (const [name, where, parts] of times) {
    new Counter({
      name,
      help: `CPU time of the process ${where}, in seconds.`,
      registers: [registry],
      collect() {
        const usage = process.cpuUsage();
        const total = parts.reduce((sum, part) => sum + usage[part], 0);
        this.reset();
        this.inc(total / 1_000_000);
      },
    });
  }
}

function addMemory(registry: Registry): void {
  const sizes = [
    ["process_resident_memory_bytes", "Memory of the process", "rss"],
    ["nodejs_heap_size_total_bytes", "Memory of V8's heap", "heapTotal"],
    ["nodejs_heap_size_used_bytes", "Used memory of V8's heap", "heapUsed"],
    ["nodejs_external_memory_bytes", "Memory outside of V8's", "external"],
  ] as const;
  for (const [name, what, size] of sizes) {
    createReading(registry, {
      name,
      help: `${what}, in bytes.`,
      read: () => Deno.memoryUsage()[size],
    });
  }
}

function addHeapSpaces(registry: Registry): void {
  const sizes = [
    ["total", "space_size"],
    ["used", "space_used_size"],
    ["available", "space_available_size"],
  ] as const;
  for (const [name, size] of sizes) {
    new Gauge({
      name: `nodejs_heap_space_size_${name}_bytes`,
      help: `Memory of the spaces of V8's heap, ${name}, in bytes.`,
      labelNames: ["space"],
      registers: [registry],
      collect() {
        for (const space of v8.getHeapSpaceStatistics()) {
          const [label = ""] = space.space_name.split("_space");
          this.set({ space: label }, space[size]);
        }
      },
    });
  }
}

function addEventLoop(registry: Registry): Disposable {
  const figures = {
    nodejs_eventloop_lag_seconds: ["mean", "The mean"],
    nodejs_eventloop_lag_min_seconds: ["min", "The least"],
    nodejs_eventloop_lag_max_seconds: ["max", "The most"],
    nodejs_eventloop_lag_mean_seconds: ["mean", "The mean"],
    nodejs_eventloop_lag_stddev_seconds: ["stddev", "The standard deviation"],
    nodejs_eventloop_lag_p50_seconds: ["p50", "The 50th percentile"],
    nodejs_eventloop_lag_p90_seconds: ["p90", "The 90th percentile"],
    nodejs_eventloop_lag_p99_seconds: ["p99", "The 99th percentile"],
  } as const satisfies Record<string, readonly [keyof EventLoopLag, string]>;
  const monitor = monitorEventLoop();
  for (const [name, [figure, which]] of Object.entries(figures)) {
    createReading(registry, {
      name,
      help: `${which} of the event loop's lag over the last minute.`,
      read: () => monitor.read()?.[figure],
    });
  }
  return monitor;
}
