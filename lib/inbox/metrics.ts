/**
 * Metrics of the inbox: fill level and write time.
 *
 * @module
 */

import type { InboxRefusal, InboxState } from "../core/inbox.ts";
import type { Metrics } from "../core/metrics.ts";

/** The metrics. */
export interface InboxMetrics {
  /** Events of a source were accepted. */
  accepted(source: string, count: number, seconds: number): void;
  /** Events of a source were refused. */
  refused(source: string, reason: InboxRefusal): void;
  /** A file could not be read or written. */
  failed(): void;
  /** The disk has lost entries. */
  lost(entries: number): void;
  /** Reads the inbox's state on each scrape. */
  watch(state: () => InboxState): void;
}

const REASONS: readonly InboxRefusal[] = ["full", "failed", "closed"];

/** Registers the metrics. */
export function createInboxMetrics(metrics: Metrics): InboxMetrics {
  const accepted = metrics.counter({
    name: "inbox_accepted_total",
    help: "Events accepted.",
    labelNames: ["source"],
  });
  const refused = metrics.counter({
    name: "inbox_refused_total",
    help: "Requests whose events were refused.",
    labelNames: ["source", "reason"],
  });
  const seconds = metrics.durations({
    name: "inbox_append_seconds",
    help: "Time until a request's events are on disk.",
    labelNames: ["source"],
  });
  const errors = metrics.counter({
    name: "inbox_errors_total",
    help: "Failed reads and writes of the inbox's files.",
    labelNames: [],
  }).child({});
  const lost = metrics.counter({
    name: "inbox_lost_total",
    help: "Events lost by the disk, as far as known.",
    labelNames: [],
  }).child({});
  return {
    accepted(source, count, time) {
      accepted.child({ source }).value += count;
      seconds.child({ source }).observe(time);
      // Starts at 0 with the first event, so that a rate has no gap at its
      // first refusal.
      for (const reason of REASONS) refused.child({ source, reason });
    },
    refused: (source, reason) => void refused.child({ source, reason }).value++,
    failed: () => void errors.value++,
    lost: (entries) => void (lost.value += entries),
    watch(state) {
      metrics.readings({
        name: "inbox_events",
        help: "Waiting events, and events waiting for a retry.",
        labelNames: ["state"],
        read: () => {
          const { waiting, retrying } = state();
          return [[{ state: "waiting" }, waiting], [
            { state: "retrying" },
            retrying,
          ]];
        },
      });
      metrics.reading({
        name: "inbox_bytes",
        help: "Disk space used by the inbox.",
        read: () => state().bytes,
      });
      metrics.reading({
        name: "inbox_limit_bytes",
        help: "Disk space that the inbox may use.",
        read: () => state().maxBytes,
      });
    },
  };
}
