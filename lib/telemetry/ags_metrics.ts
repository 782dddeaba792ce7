/**
 * Metrics of AGS requests.
 *
 * @module
 */

import type { Registry } from "prom-client";
import type { CounterChild, HistogramChild } from "../core/metrics.ts";
import { createCounter, createDurations } from "./_children.ts";
import { type Operation, operationOf, OTHER } from "./_operations.ts";
import { createReading } from "./_reading.ts";

/** A request to AGS that has ended. */
export interface AgsExchange {
  /** `METHOD /path/template`. */
  readonly name: string;
  /** The HTTP status, or a code for why there is no usable answer. */
  readonly code: string;
  /** Its duration. */
  readonly milliseconds: number;
}

/** A request delayed or refused by the rate limit (`AB_RATE_LIMIT`). */
export interface RateLimited {
  /** The delay before it is sent, in milliseconds. */
  readonly milliseconds: number;
  /** Whether it is sent at all. */
  readonly isSent: boolean;
}

/** An operation refused for a reason outside the event. */
export interface Refused {
  /** `METHOD /path/template`. */
  readonly name: string;
  /**
   * Who refused: AGS, because it does not know the client or the client lacks a
   * permission, or a proxy in front of AGS.
   */
  readonly by: "client" | "permission" | "proxy";
}

/** Whether requests to AGS pass. */
type BreakerState = "closed" | "half-open" | "open";

/** The state of the AGS client that gauges read. */
export interface AgsReadings {
  /** Whether requests to AGS pass. */
  readonly breaker: BreakerState;
  /** The current token; `undefined` before the first login. */
  readonly token: {
    /** Since its login, in milliseconds. */
    readonly age: number;
    /** Until it expires, in milliseconds; negative if it has expired. */
    readonly expiresIn: number;
  } | undefined;
}

/** The metrics of the AGS client. */
export interface AgsMetrics {
  /** Reads the gauges there. */
  watch(client: AgsReadings): void;
  /** Counts an HTTP request that has ended. */
  exchanged(exchange: AgsExchange): void;
  /** Counts a retried request. */
  retried(name: string): void;
  /** Counts a login. */
  loggedIn(isSuccess: boolean): void;
  /** Counts a request that the rate limit delayed or refused. */
  rateLimited(limited: RateLimited): void;
  /** Counts a request refused for a reason outside the event. */
  refused(refused: Refused): void;
  /** Counts a change of the breaker to this state. */
  breakerChanged(state: BreakerState): void;
}

/** The most operations with their own series; the rest is `other`. */
const MAX_OPERATIONS = 200;

/**
 * The most names whose operation is cached; a handler may put a value into
 * each.
 */
const MAX_NAMES = 1_000;

const STATES = { closed: 0, "half-open": 1, open: 2 } as const;

/** One operation. */
interface Series {
  readonly operation: Operation;
  readonly codes: Map<string, CounterChild>;
  readonly retries: CounterChild;
  readonly duration: HistogramChild;
}

/** Registers the metrics. */
export function createAgsMetrics(registry: Registry): AgsMetrics {
  const labelNames = ["service", "operation"];
  const requests = createCounter(registry, {
    name: "ags_requests_total",
    help: "HTTP requests to AGS, by status or by why there was no answer.",
    labelNames: [...labelNames, "code"],
  });
  const durations = createDurations(registry, {
    name: "ags_request_seconds",
    help: "Time from an HTTP request to AGS until its answer has been read.",
    labelNames,
  });
  const retries = createCounter(registry, {
    name: "ags_retries_total",
    help: "Retries of HTTP requests to AGS.",
    labelNames,
  });
  const limited = createCounter(registry, {
    name: "ags_rate_limited_total",
    help: "Requests to AGS delayed or refused by the rate limit.",
    labelNames: ["result"],
  });
  const waits = createDurations(registry, {
    name: "ags_rate_limit_wait_seconds",
    help: "Time that requests wait for the rate limit.",
    labelNames: [],
  });
  for (const result of ["delayed", "refused"]) limited.child({ result });
  const transitions = createCounter(registry, {
    name: "ags_breaker_transitions_total",
    help: "State changes of the AGS breaker.",
    labelNames: ["state"],
  });
  const refreshes = createCounter(registry, {
    name: "ags_token_refreshes_total",
    help: "Logins to AGS, including token renewals.",
    labelNames: ["result"],
  });
  const [succeeded, failed] = [
    refreshes.child({ result: "success" }),
    refreshes.child({ result: "failure" }),
  ];
  const refusals = createCounter(registry, {
    name: "ags_refusals_total",
    help: "HTTP requests to AGS refused for reasons outside the event: the " +
      "client, a missing permission, a proxy in AGS's place.",
    labelNames: [...labelNames, "by"],
  });
  for (const state of Object.keys(STATES)) transitions.child({ state });
  const byOperation = new Map<string, Series>();
  const byName = new Map<string, Series>();

  function seriesOf(name: string): Series {
    const known = byName.get(name);
    if (known !== undefined) return known;
    const series = find(operationOf(name));
    if (byName.size < MAX_NAMES) byName.set(name, series);
    return series;
  }

  function find(operation: Operation): Series {
    const known = byOperation.get(operation.operation);
    if (known !== undefined) return known;
    const isFull = operation !== OTHER && byOperation.size >= MAX_OPERATIONS;
    if (isFull) return find(OTHER);
    const labels = { ...operation };
    const series = {
      operation,
      codes: new Map(),
      retries: retries.child(labels),
      duration: durations.child(labels),
    };
    byOperation.set(operation.operation, series);
    return series;
  }

  return {
    watch: (client) => watch(registry, client),
    exchanged({ name, code, milliseconds }) {
      const { operation, codes, duration } = seriesOf(name);
      let count = codes.get(code);
      if (count === undefined) {
        count = requests.child({ ...operation, code });
        codes.set(code, count);
      }
      count.value++;
      duration.observe(milliseconds / 1_000);
    },
    retried: (name) => void seriesOf(name).retries.value++,
    loggedIn: (isSuccess) => void (isSuccess ? succeeded : failed).value++,
    rateLimited({ milliseconds, isSent }) {
      limited.child({ result: isSent ? "delayed" : "refused" }).value++;
      if (isSent) waits.child({}).observe(milliseconds / 1_000);
    },
    refused({ name, by }) {
      const { operation } = seriesOf(name);
      refusals.child({ ...operation, by }).value++;
    },
    breakerChanged: (state) => void transitions.child({ state }).value++,
  };
}

function watch(registry: Registry, client: AgsReadings): void {
  createReading(registry, {
    name: "ags_breaker_state",
    help: "Whether requests to AGS pass: 0 closed, 1 half open, 2 open.",
    read: () => STATES[client.breaker],
  });
  createReading(registry, {
    name: "ags_token_age_seconds",
    help: "Time since the login that gave the current token.",
    read: () => seconds(client.token?.age),
  });
  createReading(registry, {
    name: "ags_token_expires_in_seconds",
    help: "Time until the current token expires; negative if it has expired.",
    read: () => seconds(client.token?.expiresIn),
  });
}

function seconds(milliseconds: number | undefined): number | undefined {
  return milliseconds === undefined ? undefined : milliseconds / 1_000;
}
