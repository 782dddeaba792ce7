/**
 * Panels about the public HTTP listener and the inbox's intake.
 *
 * @module
 */

import type { Panel } from "./grafana.ts";
import { ON, quantiles, rate } from "./promql.ts";

const REQUESTS = "http_server_request_duration_seconds";

/** What is called over HTTP, how it is answered, and what bounds are near. */
export const http: readonly Panel[] = [
  {
    title: "HTTP requests",
    question: "What is called over HTTP, and how is it answered?",
    queries: [{
      expr: rate(
        `${REQUESTS}_count`,
        " by (http_route, http_response_status_code)",
      ),
      legend: "{{http_route}} {{http_response_status_code}}",
    }],
    unit: "reqps",
    isStacked: true,
    width: 6,
  },
  {
    title: "HTTP latency",
    question: "How long does a caller wait for its answer?",
    queries: quantiles(REQUESTS, ON),
    unit: "s",
    width: 6,
  },
  {
    title: "HTTP connections",
    question:
      "How many connections and open requests are there, and how many connections are closed at once?",
    queries: [
      {
        expr: `http_server_connections{${ON}}`,
        legend: "connections {{instance}}",
      },
      {
        expr: `http_server_active_requests{${ON}}`,
        legend: "requests {{instance}}",
      },
      {
        expr: rate("http_server_connections_refused_total", " by (instance)"),
        legend: "refused/s {{instance}}",
      },
    ],
    width: 6,
  },
  {
    title: "HTTP bodies",
    question: "How much memory do the bodies of requests and answers take?",
    queries: [{
      expr: `http_server_buffered_bytes{${ON}}`,
      legend: "{{instance}}",
    }],
    unit: "bytes",
    width: 6,
  },
  {
    title: "Inbox events",
    question: "How many events wait in the inbox, and how many to be retried?",
    queries: [{
      expr: `sum by (state) (inbox_events{${ON}})`,
      legend: "{{state}}",
    }],
    isStacked: true,
    width: 6,
  },
  {
    title: "Inbox intake",
    question: "How many events are accepted, and what is refused or lost?",
    queries: [
      {
        expr: rate("inbox_accepted_total", " by (source)"),
        legend: "accepted {{source}}",
      },
      {
        expr: rate("inbox_refused_total", " by (source, reason)"),
        legend: "refused {{source}} {{reason}}",
      },
      { expr: rate("inbox_errors_total", ""), legend: "disk errors" },
      { expr: rate("inbox_lost_total", ""), legend: "lost" },
    ],
    unit: "reqps",
    width: 6,
  },
  {
    title: "Inbox append",
    question: "How long until a request's events are on disk?",
    queries: quantiles("inbox_append_seconds", ON),
    unit: "s",
    width: 6,
  },
];
