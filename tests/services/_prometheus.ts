/**
 * A real Prometheus, with the configuration and the alerts of `ops/prometheus`.
 *
 * @module
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import { z } from "zod";
import { type Folder, makeFolder } from "../grpc/_fixture.ts";
import { answers, startServer } from "./_server.ts";
import { PATIENCE } from "../_support/patience.ts";

/** Absolute path of Prometheus's files. */
export const PROMETHEUS_FOLDER: string = join(
  import.meta.dirname!,
  "..",
  "..",
  "ops",
  "prometheus",
);

/** A running Prometheus. Disposing ends it. */
export interface Prometheus extends AsyncDisposable {
  /** What a query has as a result now. */
  query(expr: string): Promise<readonly Sample[]>;
  /** The values of a label, those of some series only if they are named. */
  labelValues(label: string, series?: string): Promise<readonly string[]>;
  /** Its alerts, as it sees them. */
  alerts(): Promise<readonly Alert[]>;
}

const SampleSchema = z.object({
  metric: z.record(z.string(), z.string()),
  value: z.tuple([z.number(), z.string()]),
});

/** A series of a result, and its value. */
export type Sample = z.infer<typeof SampleSchema>;

const AlertSchema = z.object({
  name: z.string(),
  query: z.string(),
  state: z.enum(["inactive", "pending", "firing"]),
  health: z.enum(["ok", "unknown", "err"]),
  lastError: z.string().optional(),
});

/** An alert rule, and how it stands. */
export type Alert = z.infer<typeof AlertSchema>;

const ANSWERS = {
  query: z.object({
    resultType: z.literal("vector"),
    result: z.array(SampleSchema),
  }),
  values: z.array(z.string()),
  rules: z.object({
    groups: z.array(z.object({ rules: z.array(AlertSchema) })),
  }),
};

/** How often it scrapes and evaluates in tests: nobody waits 5 s. */
const INTERVAL = "200ms";

/**
 * Starts one that scrapes a port of this machine.
 *
 * @param command The program.
 * @param scraped Where the metrics are.
 */
export async function startPrometheus(
  command: string,
  scraped: number,
): Promise<Prometheus> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await configuration(scraped));
  const server = stack.use(
    await startServer({
      command,
      args: (port) => [
        `--config.file=${join(folder.path, "prometheus.yaml")}`,
        `--storage.tsdb.path=${join(folder.path, "data")}`,
        `--web.listen-address=127.0.0.1:${port}`,
      ],
      isReady: (port, signal) =>
        answers(`http://127.0.0.1:${port}/-/ready`, signal),
    }),
  );
  const running = stack.move();
  const get = <T>(path: string, data: z.ZodType<T>) =>
    ask(`http://127.0.0.1:${server.port}/api/v1/${path}`, data);
  return {
    async query(expr) {
      const path = `query?${new URLSearchParams({ query: expr })}`;
      return (await get(path, ANSWERS.query)).result;
    },
    labelValues(label, series) {
      const match = series === undefined
        ? ""
        : `?${new URLSearchParams({ "match[]": series })}`;
      return get(`label/${label}/values${match}`, ANSWERS.values);
    },
    async alerts() {
      const { groups } = await get("rules?type=alert", ANSWERS.rules);
      return groups.flatMap(({ rules }) => rules);
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** The files of `ops/prometheus`, for another target and less patience. */
async function configuration(scraped: number): Promise<Folder> {
  const read = (name: string) =>
    Deno.readTextFile(join(PROMETHEUS_FOLDER, name));
  const target = '"host.docker.internal:8080"';
  const config = await read("prometheus.yaml");
  assert.equal(config.split(target).length, 2, `One target ${target}`);
  return makeFolder({
    "prometheus.yaml": config
      .replace(target, `"127.0.0.1:${scraped}"`)
      .replaceAll(/_interval: \w+/g, `_interval: ${INTERVAL}`),
    "alerts.yaml": await read("alerts.yaml"),
  });
}

async function ask<T>(url: string, data: z.ZodType<T>): Promise<T> {
  const response = await fetch(url, { signal: AbortSignal.timeout(PATIENCE) });
  const body = await response.text();
  if (!response.ok) {
    throw new Error(`Prometheus refused ${decodeURIComponent(url)}: ${body}`);
  }
  return z.object({ status: z.literal("success"), data }).parse(
    JSON.parse(body),
  ).data;
}
