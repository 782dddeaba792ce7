/**
 * How parts of the service count what they do. Who writes the figures down is not known
 * here: `lib/telemetry/` does.
 *
 * @module
 */

/** Label names and values of one series. */
export type Labels = Readonly<Record<string, string>>;

/** One series of a counter: `value` is only ever added to. */
export interface CounterChild {
  /** What has been counted. */
  value: number;
}

/** One series of a histogram. */
export interface HistogramChild {
  /** Counts a value. */
  observe(value: number): void;
}

/** All series of one metric. */
export interface Family<C> {
  /** The series with these labels; 0 from the first time it is asked for. */
  child(labels: Labels): C;
}

/** What a metric is called, and what it says. */
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

/** Makes metrics. A name that was asked for before is the same metric. */
export interface Metrics {
  /** A counter. */
  counter(options: FamilyOptions): Family<CounterChild>;
  /** A histogram of durations in seconds. */
  durations(options: FamilyOptions): Family<HistogramChild>;
  /** A value that is read when somebody asks for it. */
  reading(
    options: Omit<FamilyOptions, "labelNames"> & {
      readonly read: () => number;
    },
  ): void;
  /** Values that are read when somebody asks for them, by their labels. */
  readings(
    options: FamilyOptions & { readonly read: () => Iterable<LabelledValue> },
  ): void;
}
