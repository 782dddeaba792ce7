import assert from "node:assert/strict";
import { join } from "node:path";

const ROOT = join(import.meta.dirname!, "..", "..");

function read(path: string): string {
  return Deno.readTextFileSync(join(ROOT, path));
}

/** Each alert's name and its part of the file. */
const alerts = new Map(
  read("ops/prometheus/alerts.yaml").split(/^ +- alert: /m).slice(1)
    .map((text) => {
      const [name = ""] = text.split("\n");
      return [name, text];
    }),
);

const runbooks = new Map(
  read("docs/runbooks.md").split(/^## /m).slice(1).map((text) => {
    const [name = ""] = text.split("\n");
    return [name, text];
  }),
);

Deno.test("each alert has a runbook, and each runbook an alert", () => {
  assert.ok(alerts.size > 15, `${alerts.size} alerts`);
  assert.deepEqual([...runbooks.keys()].sort(), [...alerts.keys()].sort());
});

Deno.test("each alert says how severe it is, what it means and where its runbook is", () => {
  for (const [name, text] of alerts) {
    assert.match(text, /^ +severity: (critical|warning)$/m, name);
    assert.match(text, /^ +summary: \S/m, name);
    assert.match(text, /^ +description: \S/m, name);
    const url = /^ +runbook_url: (.+)$/m.exec(text)?.[1];
    assert.equal(url, `docs/runbooks.md#${name.toLowerCase()}`);
  }
});

Deno.test("a runbook has the severity of its alert, and says what to look at", () => {
  for (const [name, text] of runbooks) {
    const severity = /severity: (\w+)/.exec(alerts.get(name) ?? "")?.[1];
    assert.match(text, new RegExp(`^\\*\\*${severity}\\.\\*\\*`, "m"), name);
    assert.match(text, /Look at:|look and act as there/, name);
  }
});

Deno.test("each alert has a case in which it fires", () => {
  const cases = read("ops/prometheus/alerts_test.yaml") +
    read("ops/prometheus/alerts_day_test.yaml");
  for (const name of alerts.keys()) {
    assert.ok(cases.includes(`labels: '{alertname="${name}"}'`), name);
  }
});

Deno.test("runbooks speak of panels that the dashboard has", () => {
  const dashboard = JSON.parse(
    read("ops/grafana/dashboards/extend-event-handler.json"),
  );
  const titles = new Set<string>(
    dashboard.panels.map(({ title }: { title: string }) => title),
  );
  for (const [name, text] of runbooks) {
    for (const [, title = ""] of text.matchAll(/"([^"]+)"/g)) {
      const oneLine = title.replace(/\s+/g, " ");
      assert.ok(titles.has(oneLine), `${name}: there is no panel "${oneLine}"`);
    }
  }
});
