/**
 * Metrics of the archive.
 *
 * @module
 */

import type { Metrics } from "../core/metrics.ts";
import type { ArchiverObserver } from "./archiver.ts";

/** The metrics. */
export interface ArchiveMetrics extends Required<ArchiverObserver> {
  /**
   * Called with the acceptance time of the oldest event in the current range.
   */
  reading(firstAcceptedAt: number): void;
}

/** Registers the metrics. */
export function createArchiveMetrics(metrics: Metrics): ArchiveMetrics {
  const events = metrics.counter({
    name: "archive_events_total",
    help: "Events archived, by result.",
    labelNames: ["result"],
  });
  const archived = events.child({ result: "archived" });
  const errors = events.child({ result: "error" });
  const dropped = events.child({ result: "dropped" });
  const objects = metrics.counter({
    name: "archive_objects_total",
    help: "Objects written to the archive.",
    labelNames: [],
  }).child({});
  const bytes = metrics.counter({
    name: "archive_bytes_total",
    help: "Compressed bytes of those objects.",
    labelNames: [],
  }).child({});
  const failures = metrics.counter({
    name: "archive_failures_total",
    help: "Failed attempts to archive events.",
    labelNames: [],
  }).child({});
  const write = metrics.durations({
    name: "archive_write_seconds",
    help: "Time to archive a range of events.",
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
