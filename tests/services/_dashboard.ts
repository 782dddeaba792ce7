/**
 * The dashboard's file, as a person who imports it into Grafana has it.
 *
 * @module
 */

import { join } from "node:path";
import { z } from "zod";
import { DASHBOARDS } from "../../dev/gen/dashboard.ts";

const Datasource = z.object({ type: z.string(), uid: z.string() });

const Panel = z.object({
  id: z.number(),
  type: z.string(),
  title: z.string(),
  description: z.string().default(""),
  gridPos: z.object({
    x: z.number(),
    y: z.number(),
    w: z.number(),
    h: z.number(),
  }),
  targets: z.array(z.object({
    datasource: Datasource,
    expr: z.string().default(""),
    legendFormat: z.string().default(""),
  })).default([]),
});

const Dashboard = z.object({
  uid: z.string(),
  schemaVersion: z.number(),
  templating: z.object({
    list: z.array(z.object({
      name: z.string(),
      type: z.string(),
      definition: z.string().default(""),
    })),
  }),
  panels: z.array(Panel),
});

/** A panel, as far as tests look at it. */
export type DashboardPanel = z.infer<typeof Panel>;

/** A query of a panel that is for Prometheus. */
export interface PanelQuery {
  /** The panel's title. */
  readonly title: string;
  /** PromQL that Prometheus understands: what Grafana fills in is filled in. */
  readonly expr: string;
  /** The labels that name its series. */
  readonly labels: readonly string[];
}

/** The dashboard. */
export const dashboard = Dashboard.parse(
  JSON.parse(
    Deno.readTextFileSync(join(DASHBOARDS, "extend-event-handler.json")),
  ),
);

/** What Grafana fills in for a user who has chosen nothing. */
const FILLED_IN = { $__rate_interval: "1m", $instance: ".*", $type: ".*" };

/** PromQL with everything filled in that Grafana would. */
export function fillIn(expr: string): string {
  return Object.entries(FILLED_IN).reduce(
    (text, [name, value]) => text.replaceAll(name, value),
    expr,
  );
}

/** All queries for Prometheus. */
export function panelQueries(): readonly PanelQuery[] {
  return dashboard.panels.flatMap(({ title, targets }) =>
    targets
      .filter(({ datasource }) => datasource.type === "prometheus")
      .map(({ expr, legendFormat }) => ({
        title,
        expr: fillIn(expr),
        labels: [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)]
          .map(([, label = ""]) => label),
      }))
  );
}

/** Labels that look like metrics of ours. */
const LABELS = ["grpc_service", "grpc_method", "grpc_code", "grpc_type"];

/** The metrics of ours that PromQL reads. */
export function metricsOf(expr: string): readonly string[] {
  const names = expr.match(
    /\b(?:ags|dead|events?|extend|grpc|idempotency|nodejs|process)_\w+/g,
  ) ?? [];
  return [...new Set(names)].filter((name) => !LABELS.includes(name));
}
