/**
 * Metrics of events: outcomes and concurrency.
 *
 * @module
 */

import type { Registry } from "prom-client";
import type { Delivery } from "../core/dispatcher.ts";
import type { Outcome, Reason, Result } from "../core/outcome.ts";
import type { Routes } from "../core/routes.ts";
import type { CounterChild, HistogramChild } from "../core/metrics.ts";
import { createCounter, createDurations } from "./_children.ts";
import { createReading } from "./_reading.ts";

/** What is known once all handlers are registered. */
export interface EventSources {
  /** The served event types, with the handlers of each. */
  readonly routes: Routes;
  /** Running and queued events. */
  readonly concurrency: {
    /** Events that are being handled. */
    readonly running: number;
    /** Queued events. */
    readonly queued: number;
  };
  /** The limit of concurrent events. */
  readonly limit: number;
  /** The limit of queued events. */
  readonly queueLimit: number;
  /** The memory of decoded events. */
  readonly memory: {
    /** Memory in use, in bytes. */
    readonly used: number;
    /** The limit, in bytes. */
    readonly limit: number;
    /** Events that wait for memory. */
    readonly waiting: number;
  };
  /** The sources that deliver them: `grpc`. */
  readonly sources: readonly string[];
}

/** The metrics of events. */
export interface EventMetrics {
  /** Starts the counters for these sources at 0. */
  watch(sources: EventSources): void;
  /** Counts a finished event. */
  ended(delivery: Delivery, result: Result, time: EventTime): void;
}

/** The duration of an event. */
export interface EventTime {
  /** From its delivery to its end. */
  readonly milliseconds: number;
}

/** The compiler reports a missing one. */
const OUTCOMES = {
  handled: true,
  skipped: true,
  duplicate: true,
  rejected: true,
  failed: true,
  exhausted: true,
  overloaded: true,
  cancelled: true,
} as const satisfies Record<Outcome, true>;

/** The reasons for the outcome `failed`. */
const FAILURES = [
  "unavailable",
  "deadline",
  "draining",
  "bug",
  "too_large",
  "unreadable",
] as const satisfies readonly Reason[];

/**
 * The number of a run of its event. The last one covers the fourth and later.
 */
const ATTEMPTS = ["1", "2", "3", "4+"] as const;

/** The events that are counted together. */
interface StreamKey {
  readonly type: string;
  /** The handler, if several handle the type. */
  readonly handler: string | undefined;
  readonly source: string;
}

/** One type, delivered by one source, to one handler. */
interface Stream {
  readonly outcomes: Readonly<Record<Outcome, CounterChild>>;
  readonly failures: Readonly<Partial<Record<Reason, CounterChild>>>;
  readonly attempts: readonly CounterChild[];
  /** Created with the first event: 18 zeros per type have no use. */
  duration: HistogramChild | undefined;
}

/** Registers the metrics. */
export function createEventMetrics(registry: Registry): EventMetrics {
  const outcomes = createCounter(registry, {
    name: "events_total",
    help: "Finished events, by outcome.",
    labelNames: ["type", "source", "outcome", "handler"],
  });
  const failures = createCounter(registry, {
    name: "event_failures_total",
    help: "Events with the outcome failed, by reason.",
    labelNames: ["type", "reason", "handler"],
  });
  const attempts = createCounter(registry, {
    name: "event_attempts_total",
    help: "Runs of handlers, by the number of the run of its event.",
    labelNames: ["type", "attempt", "handler"],
  });
  const durations = createDurations(registry, {
    name: "event_handling_seconds",
    help: "Time from an event's delivery to its end.",
    labelNames: ["type", "source", "handler"],
  });
  const sources = new Map<string, Map<string, Stream>>();

  function create({ type, handler, source }: StreamKey): Stream {
    const own = handler === undefined ? { type } : { type, handler };
    return {
      outcomes: childrenOf(
        Object.keys(OUTCOMES) as readonly Outcome[],
        (outcome) => outcomes.child({ ...own, source, outcome }),
      ),
      failures: childrenOf(
        FAILURES,
        (reason) => failures.child({ ...own, reason }),
      ),
      attempts: ATTEMPTS.map((attempt) => attempts.child({ ...own, attempt })),
      duration: undefined,
    };
  }

  function streamOf(key: StreamKey): Stream {
    const { type, handler, source } = key;
    let streams = sources.get(source);
    if (streams === undefined) sources.set(source, streams = new Map());
    const name = handler === undefined ? type : `${type}@${handler}`;
    let stream = streams.get(name);
    if (stream === undefined) streams.set(name, stream = create(key));
    return stream;
  }

  return {
    watch({ routes, concurrency, limit, queueLimit, memory, sources }) {
      for (const source of sources) {
        for (const [type, all] of routes) {
          for (const { sharedAs: handler } of all) {
            streamOf({ type, handler, source });
          }
        }
      }
      createReading(registry, {
        name: "events_in_flight",
        help: "Events that are being handled.",
        read: () => concurrency.running,
      });
      createReading(registry, {
        name: "events_in_flight_limit",
        help: "Limit of concurrent events (MAX_CONCURRENCY).",
        read: () => limit,
      });
      createReading(registry, {
        name: "events_queued",
        help: "Queued events.",
        read: () => concurrency.queued,
      });
      createReading(registry, {
        name: "events_queue_limit",
        help: "Limit of queued events (MAX_QUEUE).",
        read: () => queueLimit,
      });
      createReading(registry, {
        name: "event_memory_bytes",
        help: "Memory of decoded events.",
        read: () => memory.used,
      });
      createReading(registry, {
        name: "event_memory_limit_bytes",
        help: "Limit of the memory of decoded events (EVENT_MEMORY_BYTES).",
        read: () => memory.limit,
      });
      createReading(registry, {
        name: "event_memory_waiting",
        help: "Events from Kafka that wait for memory.",
        read: () => memory.waiting,
      });
    },
    ended(delivery, { outcome, reason }, time) {
      const { route: type, source, attempt, isRun } = delivery;
      const handler = delivery.sharedAs;
      const stream = streamOf({ type, handler, source });
      stream.outcomes[outcome].value++;
      if (outcome === "failed") {
        const failure = stream.failures[reason];
        if (failure !== undefined) failure.value++;
      }
      if (isRun) {
        const run = stream.attempts[Math.min(attempt, ATTEMPTS.length) - 1];
        if (run !== undefined) run.value++;
      }
      stream.duration ??= durations.child({
        type,
        source,
        ...(handler !== undefined && { handler }),
      });
      stream.duration.observe(time.milliseconds / 1_000);
    },
  };
}

function childrenOf<K extends string>(
  keys: readonly K[],
  child: (key: K) => CounterChild,
): Record<K, CounterChild> {
  return Object.fromEntries(keys.map((key) => [key, child(key)])) as Record<
    K,
    CounterChild
  >;
}
