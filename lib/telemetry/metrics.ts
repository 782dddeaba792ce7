/**
 * Prometheus metrics: the registry and its text format.
 *
 * The metrics themselves are in the files next to this one, one per concept;
 * `lib/service/` connects them.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import { Gauge, Registry } from "prom-client";
import { startProcessMetrics } from "./process_metrics.ts";

/** Options of {@linkcode startMetrics}. */
export interface MetricsOptions {
  /** The build of the service. */
  readonly build: {
    /** Its version. */
    readonly version: string;
    /** The commit it was built from. */
    readonly commit: string;
  };
}

/** The metrics of this process. */
export interface Metrics extends Disposable {
  /** The registry of all metrics. */
  readonly registry: Registry;
  /** The current metrics, in Prometheus text format. */
  collect(): Promise<MetricsText>;
}

/** Metrics as text. */
export interface MetricsText {
  /** Its content type. */
  readonly contentType: string;
  /** The text. */
  readonly body: string;
}

/** How long a scrape may block events before it yields, in milliseconds. */
const SLICE = 5;

/** Starts collecting the runtime's process metrics. */
export function startMetrics({ build }: MetricsOptions): Metrics {
  const registry = new Registry();
  const info = new Gauge({
    name: "extend_event_handler_info",
    help: "Build of the service and its Deno version; always 1.",
    labelNames: ["version", "commit", "deno"],
    registers: [registry],
  });
  const { version, commit } = build;
  info.set({ version, commit, deno: Deno.version.deno }, 1);
  const processMetrics = startProcessMetrics(registry);
  let scrape: Promise<MetricsText> | undefined;

  async function read(): Promise<MetricsText> {
    const texts: string[] = [];
    let start = performance.now();
    for (const { name } of registry.getMetricsAsArray()) {
      texts.push(await registry.getSingleMetricAsString(name));
      if (performance.now() - start < SLICE) continue;
      await new Promise((resolve) => setImmediate(resolve));
      start = performance.now();
    }
    return {
      contentType: registry.contentType,
      body: `${texts.join("\n\n")}\n`,
    };
  }

  return {
    registry,
    // One at a time: concurrent scrapes share it.
    collect: () => scrape ??= read().finally(() => scrape = undefined),
    [Symbol.dispose]: () => processMetrics[Symbol.dispose](),
  };
}
