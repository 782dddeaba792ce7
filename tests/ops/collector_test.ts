import assert from "node:assert/strict";
import { join } from "node:path";

const ROOT = join(import.meta.dirname!, "..", "..");

function read(path: string): string {
  return Deno.readTextFileSync(join(ROOT, path));
}

/** What a part of a configuration deletes. */
function deleted(text: string): readonly string[] {
  const [, actions = ""] = /attributes\/no-urls:\n +actions:\n((?: +- .*\n)+)/
    .exec(text) ?? [];
  return [...actions.matchAll(/- \{ key: ([\w.]+), action: delete \}/g)]
    .map(([, key = ""]) => key);
}

const config = read("ops/otel-collector/config.yaml");

Deno.test("the collector keeps the URLs of requests out of traces, as the documentation has it", () => {
  const [, processors = ""] = /traces:\n.*\n +processors: \[(.+)\]/.exec(
    config,
  ) ?? [];
  assert.deepEqual(processors.split(", "), ["attributes/no-urls", "batch"]);
  const keys = deleted(config);
  assert.deepEqual(keys, [
    "url.full",
    "url.path",
    "url.query",
    "http.url",
    "http.target",
  ]);
  assert.deepEqual(deleted(read("docs/observability.md")), keys);
  for (const key of keys) {
    assert.ok(read("ops/README.md").includes(`\`${key}\``), key);
  }
});
