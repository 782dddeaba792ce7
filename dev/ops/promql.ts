/**
 * PromQL that the panels share.
 *
 * @module
 */

import type { Query } from "./grafana.ts";

/** The selected replicas. */
export const ON = 'instance=~"$instance"';
/** The selected events. */
export const OF = `${ON},type=~"$type"`;

/** Events per second with the given outcomes, or all of them. */
export function events(by: string, outcomes = ".+"): string {
  return `sum${by} (rate(events_total{${OF},outcome=~"${outcomes}"}[$__rate_interval]))`;
}

/** A rate of a counter, summed. */
export function rate(counter: string, by: string, selector = ON): string {
  return `sum${by} (rate(${counter}{${selector}}[$__rate_interval]))`;
}

/** The quantile of a histogram, in the unit of the histogram. */
export function quantile(
  q: number,
  histogram: string,
  options: QuantileOptions,
): string {
  const { selector = ON, by = [] } = options;
  return `histogram_quantile(${q}, ${
    rate(`${histogram}_bucket`, ` by (${["le", ...by].join(", ")})`, selector)
  })`;
}

/** Options of {@linkcode quantile}. */
export interface QuantileOptions {
  /** What to select. @default {the replicas} */
  readonly selector?: string;
  /** Labels to group by. @default {none} */
  readonly by?: readonly string[];
}

/** Median, p95 and p99. */
export function quantiles(
  histogram: string,
  selector: string,
): readonly Query[] {
  return [0.5, 0.95, 0.99].map((q) => ({
    expr: quantile(q, histogram, { selector }),
    legend: `p${q * 100}`,
  }));
}
