/**
 * How full the inbox is, and how long writing takes.
 *
 * @module
 */

import type { InboxRefusal, InboxState } from "../core/inbox.ts";
import type { Metrics } from "../core/metrics.ts";

/** Counts. */
export interface InboxMetrics {
  /** Events of a source were written down. */
  accepted(source: string, count: number, seconds: number): void;
  /** Events of a source were not. */
  refused(source: string, reason: InboxRefusal): void;
  /** A file could not be read or written. */
  failed(): void;
  /** Entries are lost: the disk has. */
  lost(entries: number): void;
  /** Has the inbox's state read. */
  watch(state: () => InboxState): void;
}

const REASONS: readonly InboxRefusal[] = ["full", "failed", "closed"];

/** Registers the metrics. */
export function createInboxMetrics(metrics: Metrics): InboxMetrics {
  const accepted = metrics.counter({
    name: "inbox_accepted_total",
    help: "Events that were written down.",
    labelNames: ["source"],
  });
  const refused = metrics.counter({
    name: "inbox_refused_total",
    help: "Requests whose events were not written down.",
    labelNames: ["source", "reason"],
  });
  const seconds = metrics.durations({
    name: "inbox_append_seconds",
    help: "Time until a request's events are on disk.",
    labelNames: ["source"],
  });
  const errors = metrics.counter({
    name: "inbox_errors_total",
    help: "Files of the inbox that could not be read or written.",
    labelNames: [],
  }).child({});
  const lost = metrics.counter({
    name: "inbox_lost_total",
    help: "Events that the disk has lost, as far as is known.",
    labelNames: [],
  }).child({});
  return {
    accepted(source, count, time) {
      accepted.child({ source }).value += count;
      seconds.child({ source }).observe(time);
      // At 0 from the first event on: a rate has no hole at its first refusal.
      for (const reason of REASONS) refused.child({ source, reason });
    },
    refused: (source, reason) => void refused.child({ source, reason }).value++,
    failed: () => void errors.value++,
    lost: (entries) => void (lost.value += entries),
    watch(state) {
      metrics.readings({
        name: "inbox_events",
        help: "Events that wait, and that wait to be run again.",
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
        help: "What the inbox takes on disk.",
        read: () => state().bytes,
      });
      metrics.reading({
        name: "inbox_limit_bytes",
        help: "What it may take.",
        read: () => state().maxBytes,
      });
    },
  };
}
