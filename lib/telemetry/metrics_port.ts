/**
 * The way by which other parts of the service make metrics.
 *
 * @module
 */

import { Gauge, type Registry } from "prom-client";
import type { Metrics } from "../core/metrics.ts";
import { createCounter, createDurations } from "./_children.ts";
import { createReading } from "./_reading.ts";

/** Makes metrics in a registry. A name that is there already is the same metric. */
export function metricsIn(registry: Registry): Metrics {
  const made = new Map<string, unknown>();
  function once<T>(name: string, make: () => T): T {
    if (!made.has(name)) made.set(name, make());
    // Whoever asks by one name asks for one kind.
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
