/**
 * The dashboard: what an operator needs to know about the service, row by row.
 *
 * To add a row for a new feature, add an array of panels and list it in `rows`.
 *
 * @module
 */

import { ags } from "./ags_panels.ts";
import { archive } from "./archive_panels.ts";
import { latency, outcomes, throughput } from "./event_panels.ts";
import type { Dashboard } from "./grafana.ts";
import { http } from "./http_panels.ts";
import { attempts, idempotency } from "./guarantee_panels.ts";
import { logsAndTraces, saturation } from "./process_panels.ts";

/** The dashboard of `ops/grafana/dashboards/extend-event-handler.json`. */
export const DASHBOARD: Dashboard = {
  uid: "extend-event-handler",
  title: "Extend Event Handler",
  description:
    "What the event handler does, how well it does it, and what holds it back.",
  variables: [
    {
      name: "prometheus",
      label: "Metrics",
      from: { datasource: "prometheus" },
    },
    { name: "loki", label: "Logs", from: { datasource: "loki" } },
    { name: "tempo", label: "Traces", from: { datasource: "tempo" } },
    {
      name: "service",
      label: "Service",
      from: { text: "extend-event-handler" },
    },
    {
      name: "instance",
      label: "Replica",
      from: { values: "label_values(extend_event_handler_info, instance)" },
    },
    {
      name: "type",
      label: "Event",
      from: {
        values: 'label_values(events_total{instance=~"$instance"}, type)',
      },
    },
  ],
  rows: [
    { title: "Throughput", panels: throughput },
    { title: "Outcomes", panels: outcomes },
    { title: "Latency", panels: latency },
    { title: "Idempotency", panels: idempotency },
    { title: "Attempts and dead letters", panels: attempts },
    { title: "AGS", panels: ags },
    { title: "HTTP and the inbox", panels: http },
    { title: "Inbox and archive", panels: archive },
    { title: "Saturation", panels: saturation },
    { title: "Logs and traces", panels: logsAndTraces },
  ],
};
