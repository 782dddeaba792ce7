import assert from "node:assert/strict";
import { join } from "node:path";
import { dashboard } from "../services/_dashboard.ts";

const ROOT = join(import.meta.dirname!, "..", "..");

function read(path: string): string {
  return Deno.readTextFileSync(join(ROOT, path));
}

const compose = read("docker-compose.observability.yaml");

Deno.test("the stack mounts files that are there", () => {
  const sources = [...compose.matchAll(/^ +- \.\/(\S+?):\S+:ro$/gm)]
    .map(([, source = ""]) => source);
  assert.ok(sources.length > 4, sources.join());
  for (const source of sources) Deno.statSync(join(ROOT, source));
});

Deno.test("the stack's images are of one version each", () => {
  const images = [...compose.matchAll(/^ +image: (\S+)$/gm)]
    .map(([, image = ""]) => image);
  assert.equal(images.length, 5);
  for (const image of images) assert.match(image, /:v?\d+\.\d+\.\d+$/);
});

Deno.test("the stack's ports are those that its README names", () => {
  const ports = [...compose.matchAll(/^ +- "(?:127\.0\.0\.1:)?(\d+):\d+"/gm)]
    .map(([, port = ""]) => port);
  const table = read("ops/README.md").split("\n")
    .filter((line) => /^\| \d/.test(line))
    .flatMap((line) => line.split("|")[1]?.match(/\d+/g) ?? []);
  assert.deepEqual(ports.sort(), table.sort());
});

Deno.test("nothing that shows data is open to other machines", () => {
  for (const port of [3000, 3100, 3200, 9090]) {
    assert.ok(compose.includes(`- "127.0.0.1:${port}:${port}"`), `${port}`);
  }
});

Deno.test("what sends is told where the collector and Prometheus listen", () => {
  const collector = read("ops/otel-collector/config.yaml");
  const [, zipkin = ""] = /http:\/\/otel-collector:(\d+)/.exec(compose) ?? [];
  const [, fluentd = ""] = /fluentd-address: localhost:(\d+)/.exec(compose) ??
    [];
  for (const port of [zipkin, fluentd]) {
    assert.ok(collector.includes(`endpoint: 0.0.0.0:${port}\n`), port);
  }
  const [, metrics = ""] = /targets: \["host\.docker\.internal:(\d+)"\]/.exec(
    read("ops/prometheus/prometheus.yaml"),
  ) ?? [];
  assert.ok(
    read("docker-compose.yaml").includes(`- "${metrics}:${metrics}"`),
    metrics,
  );
});

Deno.test("Grafana is given each kind of data source that the dashboard chooses from", () => {
  const given = read("ops/grafana/provisioning/datasources/datasources.yaml");
  const kinds = dashboard.templating.list
    .filter(({ type }) => type === "datasource").map(({ name }) => name);
  assert.deepEqual(kinds, ["prometheus", "loki", "tempo"]);
  for (const kind of kinds) {
    assert.match(given, new RegExp(`uid: ${kind}\n +type: ${kind}\n`));
  }
});
