import assert from "node:assert/strict";
import { itemToGrant } from "../../dev/reference/settings.ts";
import { join } from "node:path";
import { Registry } from "prom-client";
import { LOG_CATEGORIES } from "../../lib/config/log_levels.ts";
import { createArchiveMetrics } from "../../lib/archive/metrics.ts";
import { createCaptureMetrics } from "../../lib/capture/metrics.ts";
import { createKafkaMetrics } from "../../lib/kafka/metrics.ts";
import { createInboxMetrics } from "../../lib/inbox/metrics.ts";
import { createHttpMetrics } from "../../lib/http/metrics.ts";
import { metricsIn } from "../../lib/telemetry/metrics_port.ts";
import { on, RetryableError } from "../../mod.ts";
import { agsId, LOGGED_IN } from "../conformance/_events.ts";
import { startTracedService } from "./_traced_service.ts";
import { startCollector } from "./_zipkin_collector.ts";

const TEXT = Deno.readTextFileSync(
  join(import.meta.dirname!, "..", "..", "docs", "observability.md"),
);

/** The rows of the tables in a part of the page. */
function rows(heading: string): readonly (readonly string[])[] {
  const level = heading.indexOf(" ");
  const start = TEXT.indexOf(`\n${heading}\n`);
  assert.ok(start >= 0, `${heading} is there`);
  const rest = TEXT.slice(start + heading.length + 1);
  const end = rest.search(new RegExp(`^#{2,${level}} `, "m"));
  return (end < 0 ? rest : rest.slice(0, end)).split("\n")
    .filter((line) => line.startsWith("| `"))
    .map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()));
}

/** What stands in backticks. */
function names(text = ""): readonly string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name);
}

/** Matches a name that the page writes with `…` for what varies. */
function pattern(name: string): RegExp {
  return new RegExp(`^${name.replaceAll(".", "\\.").replace("…", "\\w+")}$`);
}

/** A service that has met what makes it speak: a bug, a refusal, a retry, a replay. */
async function startScene(zipkin: string) {
  await using stack = new AsyncDisposableStack();
  const traced = stack.use(
    await startTracedService({
      config: { otelZipkinEndpoint: zipkin },
      handlers: [on(LOGGED_IN, async ({ subject = "" }, ctx) => {
        if (subject === BUG) throw new TypeError("boom");
        if (subject === LATER) throw new RetryableError("later");
        await ctx.ags.request("POST", FULFILLMENT, {
          params: { userId: subject },
          body: { itemId: itemToGrant(ctx), quantity: 1 },
        });
      })],
    }),
  );
  const { faults } = traced.emulator;
  const id = agsId();
  await traced.send({}, { id });
  await traced.send({ "event-replay": "1" }, { id });
  await traced.send({}, { userId: BUG });
  await traced.send({}, { userId: LATER });
  const match = { path: "/platform" };
  faults.set([{ kind: "error", status: 429, times: 1, match }]);
  await traced.send();
  faults.set([{ kind: "error", status: 404, errorCode: 36141, match }]);
  await traced.send();
  const all = stack.move();
  return { traced, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

const BUG = agsId();
const LATER = agsId();
const FULFILLMENT =
  "/platform/admin/namespaces/{namespace}/users/{userId}/fulfillment";

/** The event stream's metrics, each of them with a sample. */
async function kafkaMetrics(): Promise<string> {
  const registry = new Registry();
  const metrics = createKafkaMetrics(metricsIn(registry));
  const place = { topic: "t", partition: 0 };
  metrics.watch({
    topics: ["t"],
    source: { partitions: [place], isJoined: true },
  });
  metrics.unknownFields("a.b", 1);
  metrics.produced({ ...place, count: 1, seconds: 0.1 });
  metrics.committed({ seconds: 0.1 });
  return await registry.metrics();
}

/** The public HTTP listener's metrics, each of them with a sample. */
async function httpMetrics(): Promise<string> {
  const registry = new Registry();
  const metrics = createHttpMetrics(metricsIn(registry));
  metrics.watch({ connections: 0, requests: 0, bufferedBytes: 0 });
  metrics.ended({ method: "GET", route: "/", status: 204, seconds: 0.1 });
  return await registry.metrics();
}

/** The inbox's metrics, each of them with a sample. */
async function inboxMetrics(): Promise<string> {
  const registry = new Registry();
  const metrics = createInboxMetrics(metricsIn(registry));
  metrics.watch(() => ({ bytes: 0, maxBytes: 1, waiting: 0, retrying: 0 }));
  metrics.accepted("webPubSub", 1, 0.1);
  return await registry.metrics();
}

/** The metrics of client events and the archive, each of them with a sample. */
async function captureMetrics(): Promise<string> {
  const registry = new Registry();
  createCaptureMetrics(metricsIn(registry));
  createArchiveMetrics(metricsIn(registry));
  return await registry.metrics();
}

Deno.test("Each metric of a running service stands in the documentation with its type and labels, and the other way round", async () => {
  await using collector = startCollector();
  await using scene = await startScene(collector.url);
  const { metricsPort } = scene.traced.service;
  const response = await fetch(`http://127.0.0.1:${metricsPort}/metrics`);
  // The event stream's need a broker, the HTTP listener's a source to be there.
  const text = await response.text() + await kafkaMetrics() +
    await httpMetrics() + await inboxMetrics() + await captureMetrics();
  const metrics = new Map(
    [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)]
      .map(([, name = "", type = ""]) => [name, type]),
  );
  assert.ok(metrics.size > 40, `${metrics.size} metrics`);
  const table = rows("## Metrics");
  for (const [name, type] of metrics) {
    const row = table.find((cells) =>
      [...names(cells[0]), ...names(cells[3])].some((each) =>
        pattern(each).test(name)
      )
    );
    assert.ok(row !== undefined, `${name} is not in docs/observability.md`);
    assert.equal(row[1], type, name);
    const sample = new RegExp(`^${name}(?:_bucket)?\\{(.+)\\} `, "m");
    const labels = [...(sample.exec(text)?.[1] ?? "").matchAll(/(\w+)="/g)]
      .map(([, label = ""]) => label).filter((label) => label !== "le");
    if (labels.length > 0) {
      assert.deepEqual(labels.sort(), [...names(row[2])].sort(), name);
    }
  }
  for (const [name = ""] of table.map((cells) => names(cells[0]))) {
    const isThere = [...metrics.keys()].some((each) =>
      pattern(name).test(each)
    );
    assert.ok(isThere, `${name} is no metric`);
  }
});

Deno.test("Each attribute of a span stands in the documentation, and the other way round", async () => {
  await using collector = startCollector();
  await using scene = await startScene(collector.url);
  await scene.traced.service.drain();
  const documented = new Set(
    rows("### The spans").flatMap((cells) => names(cells[0])),
  );
  // Zipkin's own words for what the span's status says.
  const ofZipkin = ["error", "otel.status_code", "otel.status_description"];
  const seen = new Set(collector.spans.flatMap(({ tags, annotations = [] }) => [
    ...Object.keys(tags),
    ...annotations.flatMap(({ value }) => /^"(\w+)"/.exec(value)?.[1] ?? []),
  ]));
  for (const name of ofZipkin) seen.delete(name);
  // Those of the event stream: tests/telemetry/kafka_tracing_test.ts sees them.
  for (
    const name of [
      "system",
      "destination.name",
      "operation.type",
      "operation.name",
    ]
  ) {
    seen.add(`messaging.${name}`);
  }
  // Those of the archive: tests/archive/service_test.ts sees them.
  for (const name of ["events", "errors", "objects", "bytes"]) {
    seen.add(`archive.${name}`);
  }
  assert.deepEqual([...seen].sort(), [...documented].sort());
});

Deno.test("Each field of what is logged of events stands in the documentation, and each category", async () => {
  await using collector = startCollector();
  await using scene = await startScene(collector.url);
  const documented = new Set(
    rows("## Logs").flatMap((cells) => names(cells[0])),
  );
  const { lines } = scene.traced.log;
  const messages = new Set(lines.map(({ message }) => message));
  for (const message of ["Event handled", "Event is a dead letter"]) {
    assert.ok(messages.has(message), message);
  }
  for (const { message, fields } of lines) {
    for (const name of Object.keys(fields)) {
      assert.ok(documented.has(name), `${name} of "${message}"`);
    }
  }
  for (const category of LOG_CATEGORIES) {
    assert.ok(documented.has(category), category);
  }
});
