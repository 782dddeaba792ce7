/**
 * Builds the JSON of a Grafana dashboard from short descriptions of its panels.
 *
 * The field names are those of Grafana's own schema (`@grafana/schema`, 42).
 *
 * @module
 */

/** The unit of a value, by Grafana's name. */
export type Unit =
  | "none"
  | "short"
  | "reqps"
  | "percentunit"
  | "s"
  | "bytes";

/** A query of a panel. */
export interface Query {
  /** PromQL, LogQL or TraceQL. */
  readonly expr: string;
  /** Name of its series, in which `{{label}}` is replaced. */
  readonly legend?: string;
}

/** A panel, without its position. */
export interface Panel {
  /** What it shows. */
  readonly title: string;
  /** The question that it answers. */
  readonly question: string;
  /** The queries that it shows. */
  readonly queries: readonly Query[];
  /** How it looks. @default {"timeseries"} */
  readonly look?: Look;
  /** Unit of its values. @default {"short"} */
  readonly unit?: Unit;
  /** Width, of 24. @default {8} */
  readonly width?: number;
  /** Whether its series are stacked. @default {false} */
  readonly isStacked?: boolean;
  /** The values from which it turns orange and red. */
  readonly limits?: readonly [orange: number, red: number];
  /** Words for values. */
  readonly words?: Readonly<Record<number, Word>>;
}

/** A word shown in place of a value. */
export interface Word {
  /** The word. */
  readonly text: string;
  /** Its colour, by Grafana's name. */
  readonly color: string;
}

/** How a panel looks. The last two are not for Prometheus. */
export type Look =
  | "timeseries"
  | "stat"
  | "label"
  | "heatmap"
  | "state-timeline"
  | "logs"
  | "traces";

/** Panels under one title. */
export interface Row {
  /** The title. */
  readonly title: string;
  /** Its panels, left to right, wrapped into as many lines as needed. */
  readonly panels: readonly Panel[];
}

/** A variable that the user chooses at the top of the dashboard. */
export interface Variable {
  /** Its name: `$name` in queries. */
  readonly name: string;
  /** Its label. */
  readonly label: string;
  /** A kind of data source, PromQL that yields its values, or its text. */
  readonly from:
    | { readonly datasource: string }
    | { readonly values: string }
    | { readonly text: string };
}

/** A dashboard. */
export interface Dashboard {
  /** Its id in links. */
  readonly uid: string;
  /** Its name. */
  readonly title: string;
  /** What it is for. */
  readonly description: string;
  /** Its variables. */
  readonly variables: readonly Variable[];
  /** Its panels. */
  readonly rows: readonly Row[];
}

/** Width of a dashboard and height of a panel, in Grafana's units. */
const WIDTH = 24;
const HEIGHT = 8;
const STAT_HEIGHT = 4;

/** The variable that names the data source for a look. */
const SOURCES = { logs: "loki", traces: "tempo" } as const;

/** The dashboard as Grafana reads it. */
export function dashboardJson(dashboard: Dashboard): Record<string, unknown> {
  const { uid, title, description, variables, rows } = dashboard;
  return {
    uid,
    title,
    description,
    tags: ["accelbyte", "extend", "event-handler"],
    schemaVersion: 42,
    editable: true,
    graphTooltip: 1,
    refresh: "10s",
    time: { from: "now-30m", to: "now" },
    timezone: "browser",
    templating: { list: variables.map(variableJson) },
    panels: place(rows),
  };
}

function place(rows: readonly Row[]): readonly unknown[] {
  const placed: unknown[] = [];
  let y = 0;
  for (const { title, panels } of rows) {
    placed.push({
      id: placed.length + 1,
      type: "row",
      title,
      collapsed: false,
      gridPos: { x: 0, y: y++, w: WIDTH, h: 1 },
      panels: [],
    });
    let x = 0;
    let h = 0;
    for (const panel of panels) {
      const w = panel.width ?? 8;
      if (x + w > WIDTH) [x, y, h] = [0, y + h, 0];
      const height = isStat(panel) ? STAT_HEIGHT : HEIGHT;
      const gridPos = { x, y, w, h: height };
      placed.push(panelJson(panel, { id: placed.length + 1, gridPos }));
      x += w;
      h = Math.max(h, height);
    }
    y += h;
  }
  return placed;
}

function isStat({ look }: Panel): boolean {
  return look === "stat" || look === "label";
}

function panelJson(panel: Panel, place: Record<string, unknown>): unknown {
  const { title, question, look = "timeseries", queries } = panel;
  const datasource = datasourceOf(look);
  const type = { label: "stat", traces: "table" }[look as string] ?? look;
  return {
    ...place,
    type,
    title,
    description: question,
    datasource,
    targets: queries.map((query, index) => ({
      refId: String.fromCharCode("A".charCodeAt(0) + index),
      datasource,
      ...targetJson(look, query),
    })),
    fieldConfig: { defaults: defaultsJson(panel), overrides: [] },
    options: optionsJson(look),
  };
}

function datasourceOf(look: Look) {
  if (look !== "logs" && look !== "traces") {
    return { type: "prometheus", uid: "${prometheus}" };
  }
  const type = SOURCES[look];
  return { type, uid: `\${${type}}` };
}

function targetJson(look: Look, { expr, legend }: Query) {
  switch (look) {
    case "logs":
      return { expr, queryType: "range", maxLines: 200 };
    case "traces":
      return {
        query: expr,
        queryType: "traceql",
        tableType: "traces",
        limit: 20,
      };
    case "heatmap":
      return { expr, range: true, format: "heatmap", legendFormat: "{{le}}" };
    case "stat":
    case "label":
      return { expr, instant: true, range: false, legendFormat: legend ?? "" };
    default:
      return { expr, range: true, legendFormat: legend ?? "" };
  }
}

function defaultsJson(panel: Panel): Record<string, unknown> {
  const { unit = "short", limits, words, isStacked, look = "timeseries" } =
    panel;
  if (look === "logs" || look === "traces") return {};
  const steps = [
    { color: "green", value: null },
    ...limits === undefined ? [] : [
      { color: "orange", value: limits[0] },
      { color: "red", value: limits[1] },
    ],
  ];
  return {
    unit,
    ...look === "timeseries" && { min: 0 },
    thresholds: { mode: "absolute", steps },
    ...words !== undefined && {
      mappings: [{ type: "value", options: words }],
    },
    ...look === "timeseries" && {
      custom: {
        fillOpacity: isStacked ? 60 : 10,
        showPoints: "never",
        stacking: { mode: isStacked ? "normal" : "none", group: "A" },
        thresholdsStyle: { mode: limits === undefined ? "off" : "line" },
      },
    },
    ...look === "state-timeline" && { custom: { fillOpacity: 80 } },
  };
}

function optionsJson(look: Look): Record<string, unknown> {
  switch (look) {
    case "timeseries":
      return {
        legend: { displayMode: "list", placement: "bottom", showLegend: true },
        tooltip: { mode: "multi", sort: "desc" },
      };
    case "stat":
    case "label":
      return {
        colorMode: look === "label" ? "none" : "value",
        graphMode: "none",
        textMode: look === "label" ? "name" : "value",
        reduceOptions: { calcs: ["lastNotNull"], values: false },
      };
    case "heatmap":
      return {
        calculate: false,
        // Leave cells without events empty instead of giving them the lowest
        // colour.
        filterValues: { le: 1e-9 },
        yAxis: { unit: "s" },
        color: { mode: "scheme", scheme: "Turbo", steps: 64 },
        tooltip: { mode: "single", yHistogram: true },
      };
    case "logs":
      return {
        showTime: true,
        wrapLogMessage: true,
        enableLogDetails: true,
        sortOrder: "Descending",
      };
    default:
      return {};
  }
}

function variableJson({ name, label, from }: Variable): unknown {
  if ("datasource" in from) {
    return { name, label, type: "datasource", query: from.datasource };
  }
  if ("text" in from) {
    const current = { text: from.text, value: from.text };
    return { name, label, type: "textbox", query: from.text, current };
  }
  return {
    name,
    label,
    type: "query",
    datasource: { type: "prometheus", uid: "${prometheus}" },
    definition: from.values,
    query: { query: from.values, refId: name },
    refresh: 2,
    sort: 1,
    multi: true,
    includeAll: true,
    allValue: ".*",
    current: { text: "All", value: "$__all" },
  };
}
