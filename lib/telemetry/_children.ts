/**
 * Counters and histograms whose labels are looked up once, not with every event.
 *
 * prom-client builds a key of all label values on each count, even in a child
 * returned by `labels()`: half a microsecond per count, ten counts per event.
 * Here a series is one object to count in, and its labels are formatted once.
 *
 * @module
 */

import { Counter, Histogram, type Registry } from "prom-client";
import type {
  CounterChild,
  Family,
  FamilyOptions,
  HistogramChild,
  Labels,
} from "../core/metrics.ts";

/**
 * Upper bounds of the buckets of all durations, in seconds: from a skipped
 * event to one that has used up the default `HANDLER_TIMEOUT`.
 */
export const DURATION_BUCKETS: readonly number[] = [
  ...[0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05],
  ...[0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
];

/** Registers a counter. */
export function createCounter(
  registry: Registry,
  options: FamilyOptions,
): Family<CounterChild> {
  return new ChildCounter(configOf(registry, options));
}

/** Registers a histogram of durations in seconds. */
export function createDurations(
  registry: Registry,
  options: FamilyOptions,
): Family<HistogramChild> {
  return new ChildHistogram({
    ...configOf(registry, options),
    buckets: [...DURATION_BUCKETS],
  });
}

function configOf(registry: Registry, options: FamilyOptions) {
  return { ...options, registers: [registry] };
}

/**
 * A value as prom-client's registry reads it; `sharedLabels` are formatted only
 * once.
 */
interface Sample {
  readonly metricName?: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly sharedLabels: Labels;
  readonly value: number;
}

/** The data that a prom-client metric passes to its registry. */
interface Exposition {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly values: readonly Sample[];
}

const NO_LABELS = {};

class ChildCounter extends Counter implements Family<CounterChild> {
  readonly #config: FamilyOptions;
  readonly #children = new Map<string, Sample & CounterChild>();

  constructor(config: ReturnType<typeof configOf>) {
    super(config);
    this.#config = config;
  }

  child(labels: Labels): CounterChild {
    const key = keyOf(labels);
    let child = this.#children.get(key);
    if (child === undefined) {
      child = { labels: NO_LABELS, sharedLabels: labels, value: 0 };
      this.#children.set(key, child);
    }
    return child;
  }

  /** Read by the registry, before `get()`. */
  getForPromString(): Exposition {
    const { name, help } = this.#config;
    return {
      name,
      help,
      type: "counter",
      values: [...this.#children.values()],
    };
  }
}

class ChildHistogram extends Histogram implements Family<HistogramChild> {
  readonly #config: FamilyOptions;
  readonly #children = new Map<string, Buckets>();

  constructor(
    config: ReturnType<typeof configOf> & { readonly buckets: number[] },
  ) {
    super(config);
    this.#config = config;
  }

  child(labels: Labels): HistogramChild {
    const key = keyOf(labels);
    let child = this.#children.get(key);
    if (child === undefined) {
      child = new Buckets(labels);
      this.#children.set(key, child);
    }
    return child;
  }

  /** Read by the registry, before `get()`. */
  getForPromString(): Exposition {
    const { name, help } = this.#config;
    const values: Sample[] = [];
    for (const child of this.#children.values()) child.writeTo(values, name);
    return { name, help, type: "histogram", values };
  }
}

/** The counts of one series of a histogram. */
class Buckets implements HistogramChild {
  readonly #labels: Labels;
  /**
   * Values by the first bound that they do not exceed; the last bucket exceeds
   * all.
   */
  readonly #counts = new Array<number>(DURATION_BUCKETS.length + 1).fill(0);
  #sum = 0;

  constructor(labels: Labels) {
    this.#labels = labels;
  }

  observe(value: number): void {
    let index = 0;
    while (value > (DURATION_BUCKETS[index] ?? Infinity)) index++;
    this.#counts[index]! += 1;
    this.#sum += value;
  }

  writeTo(values: Sample[], name: string): void {
    const sharedLabels = this.#labels;
    let count = 0;
    for (const [index, here] of this.#counts.entries()) {
      count += here;
      const le = DURATION_BUCKETS[index] ?? "+Inf";
      const metricName = `${name}_bucket`;
      values.push({ metricName, labels: { le }, sharedLabels, value: count });
    }
    const rest = { labels: NO_LABELS, sharedLabels };
    values.push({ ...rest, metricName: `${name}_sum`, value: this.#sum });
    values.push({ ...rest, metricName: `${name}_count`, value: count });
  }
}

function keyOf(labels: Labels): string {
  return Object.values(labels).join("\0");
}
