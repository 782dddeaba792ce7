/**
 * What comes of client events before they are events.
 *
 * @module
 */

import type { Metrics } from "../core/metrics.ts";
import type { AcceptorObserver } from "./acceptor.ts";

/** PutEvents' codes: a series each, from the start. */
const CODES = [
  "MalformedDetail",
  "InvalidArgument",
  "NotAuthorizedForSourceException",
] as const;

/** Registers the metrics. */
export function createCaptureMetrics(metrics: Metrics): AcceptorObserver {
  const accepted = metrics.counter({
    name: "client_events_accepted_total",
    help: "Client events that were written down.",
    labelNames: [],
  }).child({});
  const repeated = metrics.counter({
    name: "client_events_repeated_total",
    help: "Client events that repeat one that was written down.",
    labelNames: [],
  }).child({});
  const refused = metrics.counter({
    name: "client_events_refused_total",
    help: "Entries of requests that were not taken, by PutEvents' code.",
    labelNames: ["code"],
  });
  for (const code of CODES) refused.child({ code });
  return {
    accepted: (count) => void (accepted.value += count),
    repeated: (count) => void (repeated.value += count),
    refused: (code) => void refused.child({ code }).value++,
  };
}
