/**
 * Panels about events.
 *
 * @module
 */

import type { Panel } from "./grafana.ts";
import { events, OF, ON, quantile, quantiles, rate } from "./promql.ts";

const DONE = "handled|skipped|duplicate";

/** Incoming events. */
export const throughput: readonly Panel[] = [
  {
    title: "Events",
    question: "How many events arrive per second?",
    queries: [{ expr: events("") }],
    look: "stat",
    unit: "reqps",
    width: 5,
  },
  {
    title: "Handled",
    question:
      "Which share of the events needs no further work: handled, skipped or " +
      "duplicate?",
    queries: [{ expr: `${events("", DONE)} / ${events("")}` }],
    look: "stat",
    unit: "percentunit",
    width: 5,
  },
  {
    title: "p99",
    question: "How long do the slowest 1 % of the events take?",
    queries: [{
      expr: quantile(0.99, "event_handling_seconds", { selector: OF }),
    }],
    look: "stat",
    unit: "s",
    limits: [1, 5],
    width: 5,
  },
  {
    title: "Replicas",
    question: "How many replicas are scraped?",
    queries: [{ expr: `count(extend_event_handler_info{${ON}})` }],
    look: "stat",
    unit: "none",
    width: 4,
  },
  {
    title: "Version",
    question: "Which version runs, and is it the only one?",
    queries: [{
      expr:
        `count by (version, commit, deno) (extend_event_handler_info{${ON}})`,
      legend: "{{version}} {{commit}}",
    }],
    look: "label",
    unit: "none",
    width: 5,
  },
  {
    title: "Events by type",
    question: "Which events arrive, and how many per second?",
    queries: [{ expr: events(" by (type)"), legend: "{{type}}" }],
    unit: "reqps",
    isStacked: true,
    width: 12,
  },
  {
    title: "Calls by gRPC service",
    question: "What does AGS call, including reflection and health checks?",
    queries: [{
      expr: rate(
        "grpc_server_started_total",
        " by (grpc_service, grpc_method)",
      ),
      legend: "{{grpc_service}}/{{grpc_method}}",
    }],
    unit: "reqps",
    isStacked: true,
    width: 12,
  },
];

/** Outcomes. */
export const outcomes: readonly Panel[] = [
  {
    title: "Outcomes",
    question: "What outcomes do events have?",
    queries: [{ expr: events(" by (outcome)"), legend: "{{outcome}}" }],
    unit: "reqps",
    width: 12,
    isStacked: true,
  },
  {
    title: "Not handled, by type",
    question: "Which events are not handled, and with what outcome?",
    queries: [{
      expr: events(
        " by (type, outcome)",
        "rejected|failed|exhausted|overloaded|cancelled",
      ),
      legend: "{{type}} {{outcome}}",
    }],
    unit: "reqps",
    width: 12,
  },
  {
    title: "Failures by reason",
    question: "Why do events fail: AGS, the deadline, or a bug?",
    queries: [{
      expr: rate("event_failures_total", " by (type, reason)", OF),
      legend: "{{type}} {{reason}}",
    }],
    unit: "reqps",
    width: 12,
  },
  {
    title: "gRPC codes",
    question: "What does AGS get as an answer, and what will it deliver again?",
    queries: [{
      expr: rate("grpc_server_handled_total", " by (grpc_code)"),
      legend: "{{grpc_code}}",
    }],
    unit: "reqps",
    width: 12,
    isStacked: true,
  },
];

/** Latency. */
export const latency: readonly Panel[] = [
  {
    title: "Time per event",
    question:
      "How is handling time distributed: is there a second group of slow " +
      "events?",
    queries: [{
      expr:
        `sum by (le) (increase(event_handling_seconds_bucket{${OF}}[$__rate_interval]))`,
    }],
    look: "heatmap",
    width: 12,
  },
  {
    title: "Percentiles",
    question: "How long do most events take, and how long the slowest?",
    queries: quantiles("event_handling_seconds", OF),
    unit: "s",
    limits: [1, 5],
    width: 12,
  },
  {
    title: "p99 by type",
    question: "Which event's handler is slow?",
    queries: [{
      expr: quantile(0.99, "event_handling_seconds", {
        selector: OF,
        by: ["type"],
      }),
      legend: "{{type}}",
    }],
    unit: "s",
    width: 12,
  },
  {
    title: "gRPC percentiles",
    question: "How long does AGS wait for its answer?",
    queries: quantiles("grpc_server_handling_seconds", ON),
    unit: "s",
    width: 12,
  },
];
