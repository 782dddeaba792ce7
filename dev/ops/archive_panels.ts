/**
 * Panels about the inbox and the archive.
 *
 * @module
 */

import type { Panel } from "./grafana.ts";
import { ON, quantiles, rate } from "./promql.ts";

/** What waits in the inbox, and whether the archive takes it. */
export const archive: readonly Panel[] = [
  {
    title: "Inbox",
    question: "How much does the inbox hold, and how much may it?",
    queries: [
      { expr: `inbox_bytes{${ON}}`, legend: "{{instance}}" },
      { expr: `inbox_limit_bytes{${ON}}`, legend: "limit {{instance}}" },
    ],
    unit: "bytes",
    width: 6,
  },
  {
    title: "Archived events",
    question: "How many events are archived, and how many go to error/?",
    queries: [{
      expr: rate("archive_events_total", " by (result)"),
      legend: "{{result}}",
    }],
    unit: "reqps",
    isStacked: true,
    width: 6,
  },
  {
    title: "Archive delay",
    question:
      "How old is the oldest event that is being archived, and how often does that fail?",
    queries: [
      { expr: `archive_lag_seconds{${ON}}`, legend: "delay {{instance}}" },
      {
        expr: rate("archive_failures_total", " by (instance)"),
        legend: "failures/s {{instance}}",
      },
    ],
    unit: "s",
    width: 6,
  },
  {
    title: "Archive flushes",
    question: "How long does it take to write the objects of a flush?",
    queries: quantiles("archive_write_seconds", ON),
    unit: "s",
    width: 6,
  },
];
