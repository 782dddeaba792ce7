/**
 * What becomes of archived events.
 *
 * @module
 */

import type { Metrics } from "../core/metrics.ts";
import type { ArchiverObserver } from "./archiver.ts";

/** Counts. */
export interface ArchiveMetrics extends Required<ArchiverObserver> {
  /** Told when the oldest event of the range at hand was accepted. */
  reading(firstAcceptedAt: number): void;
}

/** Registers the metrics. */
export function createArchiveMetrics(metrics: Metrics): ArchiveMetrics {
  const events = metrics.counter({
    name: "archive_events_total",
    help: "Events that were archived, by what became of them.",
    labelNames: ["result"],
  });
  const archived = events.child({ result: "archived" });
  const errors = events.child({ result: "error" });
  const dropped = events.child({ result: "dropped" });
  const objects = metrics.counter({
    name: "archive_objects_total",
    help: "Objects that were written to the archive.",
    labelNames: [],
  }).child({});
  const bytes = metrics.counter({
    name: "archive_bytes_total",
    help: "Bytes of those objects, compressed.",
    labelNames: [],
  }).child({});
  const failures = metrics.counter({
    name: "archive_failures_total",
    help: "Times that events could not be archived, and are tried again.",
    labelNames: [],
  }).child({});
  const write = metrics.durations({
    name: "archive_write_seconds",
    help: "Time until a range of events is in the archive.",
    labelNames: [],
  }).child({});
  let oldest: number | undefined;
  metrics.reading({
    name: "archive_lag_seconds",
    help: "Age of the oldest event that is being archived; 0 for none.",
    read: () => oldest === undefined ? 0 : (Date.now() - oldest) / 1_000,
  });
  return {
    archived(result, milliseconds) {
      oldest = undefined;
      archived.value += result.events;
      errors.value += result.errors;
      dropped.value += result.dropped;
      objects.value += result.objects;
      bytes.value += result.bytes;
      write.observe(milliseconds / 1_000);
    },
    failed: () => void failures.value++,
    reading: (firstAcceptedAt) => void (oldest = firstAcceptedAt),
  };
}
