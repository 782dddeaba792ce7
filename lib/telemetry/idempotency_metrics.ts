/**
 * Metrics of the idempotency store.
 *
 * @module
 */

import type { Registry } from "prom-client";
import type { Claim } from "../core/idempotency_store.ts";
import type { CounterChild, HistogramChild } from "../core/metrics.ts";
import { createCounter, createDurations } from "./_children.ts";

/** The operations of a store. */
type Operation = "claim" | "renew" | "complete" | "release";

/** The metrics of stores. Each function has the store's name as its first argument. */
export interface IdempotencyMetrics {
  /** Starts the counters of this store at 0. */
  watch(store: string): void;
  /** Counts the result of a claim. */
  claimed(store: string, result: Claim["state"]): void;
  /** Counts a finished operation, successful or not, and its time. */
  took(store: string, operation: Operation, seconds: number): void;
  /** Counts a failed operation. */
  failed(store: string, operation: Operation): void;
}

/** The compiler reports a missing one. */
const RESULTS = {
  claimed: true,
  held: true,
  done: true,
  dead_letter: true,
} as const satisfies Record<Claim["state"], true>;

const OPERATIONS = {
  claim: true,
  renew: true,
  complete: true,
  release: true,
} as const satisfies Record<Operation, true>;

/** One store. */
interface Series {
  readonly claims: ReadonlyMap<Claim["state"], CounterChild>;
  readonly errors: ReadonlyMap<Operation, CounterChild>;
  /** Only for operations that have been used: 18 zeros each have no use. */
  readonly durations: Map<Operation, HistogramChild>;
}

/** Registers the metrics. */
export function createIdempotencyMetrics(
  registry: Registry,
): IdempotencyMetrics {
  const claims = createCounter(registry, {
    name: "idempotency_claims_total",
    help: "Claims of events, by result.",
    labelNames: ["store", "result"],
  });
  const durations = createDurations(registry, {
    name: "idempotency_store_seconds",
    help: "Duration of idempotency store operations.",
    labelNames: ["store", "operation"],
  });
  const errors = createCounter(registry, {
    name: "idempotency_store_errors_total",
    help: "Failed idempotency store operations.",
    labelNames: ["store", "operation"],
  });
  const stores = new Map<string, Series>();

  function seriesOf(store: string): Series {
    let series = stores.get(store);
    if (series === undefined) stores.set(store, series = create(store));
    return series;
  }

  function create(store: string): Series {
    return {
      claims: mapOf(RESULTS, (result) => claims.child({ store, result })),
      errors: mapOf(
        OPERATIONS,
        (operation) => errors.child({ store, operation }),
      ),
      durations: new Map(),
    };
  }

  return {
    watch: (store) => void seriesOf(store),
    claimed(store, result) {
      const count = seriesOf(store).claims.get(result);
      if (count !== undefined) count.value++;
    },
    took(store, operation, seconds) {
      const series = seriesOf(store);
      let duration = series.durations.get(operation);
      if (duration === undefined) {
        duration = durations.child({ store, operation });
        series.durations.set(operation, duration);
      }
      duration.observe(seconds);
    },
    failed(store, operation) {
      const count = seriesOf(store).errors.get(operation);
      if (count !== undefined) count.value++;
    },
  };
}

function mapOf<K extends string>(
  keys: Readonly<Record<K, true>>,
  child: (key: K) => CounterChild,
): ReadonlyMap<K, CounterChild> {
  return new Map(
    (Object.keys(keys) as K[]).map((key) => [key, child(key)] as const),
  );
}
