/**
 * Metrics of client events before they reach the app.
 *
 * @module
 */

import type { Metrics } from "../core/metrics.ts";
import type { AcceptorObserver } from "./acceptor.ts";

/** PutEvents' codes: each has a series from the start. */
const CODES = [
  "MalformedDetail",
  "InvalidArgument",
  "NotAuthorizedForSourceException",
] as const;

/** Registers the metrics. */
export function createCaptureMetrics(metrics: Metrics): AcceptorObserver {
  const accepted = metrics.counter({
    name: "client_events_accepted_total",
    help: "Client events stored.",
    labelNames: [],
  }).child({});
  const repeated = metrics.counter({
    name: "client_events_repeated_total",
    help: "Client events that repeat a stored one.",
    labelNames: [],
  }).child({});
  const refused = metrics.counter({
    name: "client_events_refused_total",
    help: "Refused entries of requests, by PutEvents' code.",
    labelNames: ["code"],
  });
  for (const code of CODES) refused.child({ code });
  return {
    accepted: (count) => void (accepted.value += count),
    repeated: (count) => void (repeated.value += count),
    refused: (code) => void refused.child({ code }).value++,
  };
}
