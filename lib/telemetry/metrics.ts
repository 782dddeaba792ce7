/**
 * Metrics for Prometheus.
 *
 * @module
 */

import { collectDefaultMetrics, Gauge, Registry } from "prom-client";

/** The metrics of this process. */
export interface MetricsSource {
  /** The figures now, in Prometheus's text format. */
  collect(): Promise<{ readonly contentType: string; readonly body: string }>;
}

/**
 * What prom-client reads from files of `/proc` that Deno keeps from a process without
 * all permissions: it would report 0.
 */
const UNREADABLE = [
  "process_resident_memory_bytes",
  "process_virtual_memory_bytes",
  "process_heap_bytes",
  "process_open_fds",
  "process_max_fds",
];

/** Starts collecting what the runtime knows of the process. */
export function startMetrics(): MetricsSource {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  for (const name of UNREADABLE) registry.removeSingleMetric(name);
  new Gauge({
    name: "process_resident_memory_bytes",
    help: "Resident memory size in bytes.",
    registers: [registry],
    collect() {
      this.set(Deno.memoryUsage().rss);
    },
  });
  return {
    collect: async () => ({
      contentType: registry.contentType,
      body: await registry.metrics(),
    }),
  };
}
