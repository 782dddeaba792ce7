/**
 * The metrics interface for other parts of the service.
 *
 * @module
 */

import { Gauge, type Registry } from "prom-client";
import type { Metrics } from "../core/metrics.ts";
import { createCounter, createDurations } from "./_children.ts";
import { createReading } from "./_reading.ts";

/** Creates metrics in a registry. An existing name returns the same metric. */
export function metricsIn(registry: Registry): Metrics {
  const made = new Map<string, unknown>();
  function once<T>(name: string, make: () => T): T {
    if (!made.has(name)) made.set(name, make());
    // Callers that use the same name use the same kind.
    return made.get(name) as T;
  }
  return {
    counter: (options) =>
      once(options.name, () => createCounter(registry, options)),
    durations: (options) =>
      once(options.name, () => createDurations(registry, options)),
    reading: (options) => createReading(registry, options),
    readings({ name, help, labelNames, read }) {
      new Gauge({
        name,
        help,
        labelNames: [...labelNames],
        registers: [registry],
        collect() {
          for (const [labels, value] of read()) this.set(labels, value);
        },
      });
    },
  };
}
