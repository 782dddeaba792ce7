/**
 * Metrics for Prometheus: the registry, and how it is read.
 *
 * What is measured is in the files beside it, one a concept; `lib/service.ts` puts
 * them where things happen.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import { Gauge, Registry } from "prom-client";
import { startProcessMetrics } from "./process_metrics.ts";

/** Options of {@linkcode startMetrics}. */
export interface MetricsOptions {
  /** Which build of the service this is. */
  readonly build: {
    /** Its version. */
    readonly version: string;
    /** The commit it was made from. */
    readonly commit: string;
  };
}

/** The metrics of this process. */
export interface Metrics extends Disposable {
  /** Where metrics are registered. */
  readonly registry: Registry;
  /** The figures now, in Prometheus's text format. */
  collect(): Promise<MetricsText>;
}

/** Figures as text. */
export interface MetricsText {
  /** Its content type. */
  readonly contentType: string;
  /** The text. */
  readonly body: string;
}

/** How long a scrape may hold up events before it lets some pass, in milliseconds. */
const SLICE = 5;

/** Starts collecting what the runtime knows of the process. */
export function startMetrics({ build }: MetricsOptions): Metrics {
  const registry = new Registry();
  const info = new Gauge({
    name: "extend_event_handler_info",
    help: "Which build of the service this is, and on which Deno; always 1.",
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
    // One at a time, however many ask.
    collect: () => scrape ??= read().finally(() => scrape = undefined),
    [Symbol.dispose]: () => processMetrics[Symbol.dispose](),
  };
}
