/**
 * Panels about the process, its log and its traces.
 *
 * @module
 */

import type { Panel } from "./grafana.ts";
import { events, ON, rate } from "./promql.ts";

/** Resources that can run out. */
export const saturation: readonly Panel[] = [
  {
    title: "Events in flight",
    question: "How close is the service to its limit of concurrent events?",
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
    question: "How many events are queued, and how many may be?",
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
    question: "How close are decoded events to their memory limit?",
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
    title: "Overloaded",
    question:
      "How many events per second are refused because the service and its " +
      "queue are full?",
    queries: [{
      expr: events(" by (instance)", "overloaded"),
      legend: "{{instance}}",
    }],
    unit: "reqps",
  },
  {
    title: "Event loop lag",
    question: "Is the thread that runs the handlers blocked?",
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
    question: "How much memory does a replica use, and does it grow?",
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
      "What did the service log about these events? The button beside a " +
      "traceID opens its trace.",
    queries: [{
      expr:
        '{service_name="$service"} | json | eventType=~"$type" or eventType=""',
    }],
    look: "logs",
    width: 14,
  },
  {
    title: "Traces",
    question: "Where was the time spent? Click a trace to open it.",
    queries: [{ expr: '{ resource.service.name = "$service" }' }],
    look: "traces",
    width: 10,
  },
];
