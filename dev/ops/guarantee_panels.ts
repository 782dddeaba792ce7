/**
 * Panels about the delivery guarantees: idempotency, attempts, dead letters.
 *
 * @module
 */

import type { Panel } from "./grafana.ts";
import { events, OF, quantile, rate } from "./promql.ts";

/** Whether each event is run once. */
export const idempotency: readonly Panel[] = [
  {
    title: "Claims",
    question:
      "What does the store answer to claims: new, done, or held by another " +
      "replica?",
    queries: [{
      expr: rate("idempotency_claims_total", " by (result)"),
      legend: "{{result}}",
    }],
    unit: "reqps",
    isStacked: true,
    width: 6,
  },
  {
    title: "Duplicates by type",
    question: "Which events are delivered again although they are done?",
    queries: [{ expr: events(" by (type)", "duplicate"), legend: "{{type}}" }],
    unit: "reqps",
    width: 6,
  },
  {
    title: "Store p99",
    question: "How long does the store keep an event waiting?",
    queries: [{
      expr: quantile(0.99, "idempotency_store_seconds", {
        by: ["store", "operation"],
      }),
      legend: "{{store}} {{operation}}",
    }],
    unit: "s",
    width: 6,
  },
  {
    title: "Store errors",
    question: "Does the store answer?",
    queries: [{
      expr: rate(
        "idempotency_store_errors_total",
        " by (store, operation)",
      ),
      legend: "{{store}} {{operation}}",
    }],
    unit: "reqps",
    width: 6,
  },
];

/** What happens to events that fail at first. */
export const attempts: readonly Panel[] = [
  {
    title: "Runs by attempt",
    question: "How many runs does an event take?",
    queries: [{
      expr: rate("event_attempts_total", " by (attempt)", OF),
      legend: "{{attempt}}",
    }],
    unit: "reqps",
    isStacked: true,
  },
  {
    title: "Rejected or exhausted",
    question:
      "Which events are rejected or exhausted, and not delivered again?",
    queries: [{
      expr: events(" by (type, outcome)", "rejected|exhausted"),
      legend: "{{type}} {{outcome}}",
    }],
    unit: "reqps",
  },
  {
    title: "Dead letters",
    question: "Are dead letters written?",
    queries: [{
      expr: rate("dead_letters_total", " by (outcome, result)"),
      legend: "{{outcome}} {{result}}",
    }],
    unit: "reqps",
  },
];
