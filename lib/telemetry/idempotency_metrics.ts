/**
 * What is asked of the store that remembers which events are done.
 *
 * @module
 */

import type { Registry } from "prom-client";
import type { Claim } from "../core/idempotency_store.ts";
import type { CounterChild, HistogramChild } from "../core/metrics.ts";
import { createCounter, createDurations } from "./_children.ts";

/** What is asked of a store. */
type Operation = "claim" | "renew" | "complete" | "release";

/** The metrics of stores. Each function has the store's name as its first argument. */
export interface IdempotencyMetrics {
  /** Counts from 0 on what is asked of this store. */
  watch(store: string): void;
  /** Counts what a claim found. */
  claimed(store: string, result: Claim["state"]): void;
  /** Counts an operation that has ended, well or not, and its time. */
  took(store: string, operation: Operation, seconds: number): void;
  /** Counts an operation that has not ended well. */
  failed(store: string, operation: Operation): void;
}

/** The compiler says when one is missing. */
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
  /** Only of operations that were asked for: 18 zeros each answer no question. */
  readonly durations: Map<Operation, HistogramChild>;
}

/** Registers the metrics. */
export function createIdempotencyMetrics(
  registry: Registry,
): IdempotencyMetrics {
  const claims = createCounter(registry, {
    name: "idempotency_claims_total",
    help:
      "Events that were to be claimed before they are run, by what was found.",
    labelNames: ["store", "result"],
  });
  const durations = createDurations(registry, {
    name: "idempotency_store_seconds",
    help: "Time that the idempotency store takes.",
    labelNames: ["store", "operation"],
  });
  const errors = createCounter(registry, {
    name: "idempotency_store_errors_total",
    help: "What the idempotency store was asked for and did not answer.",
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
