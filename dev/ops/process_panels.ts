/**
 * Panels about the process, its log and its traces.
 *
 * @module
 */

import type { Panel } from "./grafana.ts";
import { events, ON, rate } from "./promql.ts";

/** What runs short. */
export const saturation: readonly Panel[] = [
  {
    title: "Events in flight",
    question:
      "How close is the service to the number of events it handles at once?",
    queries: [
      {
        expr: `max by (instance) (events_in_flight{${ON}})`,
        legend: "{{instance}}",
      },
      { expr: `min(events_in_flight_limit{${ON}})`, legend: "limit" },
    ],
    unit: "none",
  },
  {
    title: "Queue",
    question: "How many events wait for their turn, and how many may?",
    queries: [
      {
        expr: `max by (instance) (events_queued{${ON}})`,
        legend: "{{instance}}",
      },
      { expr: `min(events_queue_limit{${ON}})`, legend: "limit" },
    ],
    unit: "none",
  },
  {
    title: "Memory of events",
    question:
      "How close are events, decoded, to the memory that they may take?",
    queries: [
      {
        expr: `max by (instance) (event_memory_bytes{${ON}})`,
        legend: "{{instance}}",
      },
      { expr: `min(event_memory_limit_bytes{${ON}})`, legend: "limit" },
    ],
    unit: "bytes",
  },
  {
    title: "Turned away",
    question: "How many events a second find neither a place nor a queue?",
    queries: [{
      expr: events(" by (instance)", "overloaded"),
      legend: "{{instance}}",
    }],
    unit: "reqps",
  },
  {
    title: "Event loop lag",
    question: "Is the one thread that runs the handlers kept from its work?",
    queries: [
      {
        expr: `max by (instance) (nodejs_eventloop_lag_p99_seconds{${ON}})`,
        legend: "p99 {{instance}}",
      },
      {
        expr: `max by (instance) (nodejs_eventloop_lag_max_seconds{${ON}})`,
        legend: "max {{instance}}",
      },
    ],
    unit: "s",
  },
  {
    title: "CPU",
    question: "How much of a core does a replica use?",
    queries: [{
      expr: rate("process_cpu_seconds_total", " by (instance)"),
      legend: "{{instance}}",
    }],
    unit: "percentunit",
  },
  {
    title: "Memory",
    question: "How much memory does a replica hold, and does it grow?",
    queries: [{
      expr: `max by (instance) (process_resident_memory_bytes{${ON}})`,
      legend: "{{instance}}",
    }],
    unit: "bytes",
  },
];

/** Single events. */
export const logsAndTraces: readonly Panel[] = [
  {
    title: "Log",
    question:
      "What does the service say of these events? The button beside a traceID opens its trace.",
    queries: [{
      expr:
        '{service_name="$service"} | json | eventType=~"$type" or eventType=""',
    }],
    look: "logs",
    width: 14,
  },
  {
    title: "Traces",
    question: "Where was the time spent? A click on one opens it.",
    queries: [{ expr: '{ resource.service.name = "$service" }' }],
    look: "traces",
    width: 10,
  },
];
