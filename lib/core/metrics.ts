/**
 * Metrics as the parts of the service see them. `lib/telemetry/` implements
 * them.
 *
 * @module
 */

/** Label names and values of one series. */
export type Labels = Readonly<Record<string, string>>;

/** One series of a counter: `value` only increases. */
export interface CounterChild {
  /** The current count. */
  value: number;
}

/** One series of a histogram. */
export interface HistogramChild {
  /** Counts a value. */
  observe(value: number): void;
}

/** All series of one metric. */
export interface Family<C> {
  /** The series with these labels; 0 from its first lookup. */
  child(labels: Labels): C;
}

/** Name and description of a metric. */
export interface FamilyOptions {
  /** Its name. */
  readonly name: string;
  /** One sentence. */
  readonly help: string;
  /** The names of its labels. */
  readonly labelNames: readonly string[];
}

/** A value, with its labels. */
export type LabelledValue = readonly [labels: Labels, value: number];

/** Creates metrics. Asking for an existing name returns the same metric. */
export interface Metrics {
  /** A counter. */
  counter(options: FamilyOptions): Family<CounterChild>;
  /** A histogram of durations in seconds. */
  durations(options: FamilyOptions): Family<HistogramChild>;
  /** A gauge that is read on each scrape. */
  reading(
    options: Omit<FamilyOptions, "labelNames"> & {
      readonly read: () => number;
    },
  ): void;
  /** Gauges that are read on each scrape, by their labels. */
  readings(
    options: FamilyOptions & { readonly read: () => Iterable<LabelledValue> },
  ): void;
}
