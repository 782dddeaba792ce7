import assert from "node:assert/strict";
import { dashboardFiles, main } from "../../../dev/gen/dashboard.ts";
import { DASHBOARD } from "../../../dev/ops/dashboard.ts";
import { dashboardJson } from "../../../dev/ops/grafana.ts";
import { makeFolder } from "../../grpc/_fixture.ts";
import { dashboard } from "../../services/_dashboard.ts";

const silent = { log: () => {}, error: () => {} };

Deno.test("each panel says which question it answers", () => {
  for (const { title, type, description } of dashboard.panels) {
    if (type !== "row") assert.match(description, /\?/, title);
  }
});

Deno.test("panels have ids of their own and lie beside each other, never over", () => {
  const taken = new Map<string, string>();
  for (const { title, gridPos: { x, y, w, h } } of dashboard.panels) {
    assert.ok(x + w <= 24, title);
    for (let column = x; column < x + w; column++) {
      for (let line = y; line < y + h; line++) {
        const place = `${column}/${line}`;
        assert.equal(taken.get(place), undefined, `${title} at ${place}`);
        taken.set(place, title);
      }
    }
  }
  const ids = dashboard.panels.map(({ id }) => id);
  assert.equal(new Set(ids).size, ids.length);
});

Deno.test("queries use no variable that the dashboard does not have", () => {
  const names = new Set(dashboard.templating.list.map(({ name }) => name));
  for (const { title, targets } of dashboard.panels) {
    for (
      const [, name = ""] of JSON.stringify(targets).matchAll(/\$\{?(\w+)/g)
    ) {
      assert.ok(name.startsWith("__") || names.has(name), `${title}: $${name}`);
    }
  }
});

Deno.test("a panel that does not fit into the line begins the next one", () => {
  const panel = { title: "", question: "", queries: [], width: 10 };
  const { panels } = dashboardJson({
    ...DASHBOARD,
    rows: [{
      title: "",
      panels: [{ ...panel, look: "stat" }, panel, panel],
    }, { title: "", panels: [] }],
  }) as { panels: { gridPos: unknown }[] };
  assert.deepEqual(panels.map(({ gridPos }) => gridPos), [
    { x: 0, y: 0, w: 24, h: 1 },
    { x: 0, y: 1, w: 10, h: 4 },
    { x: 10, y: 1, w: 10, h: 8 },
    { x: 0, y: 9, w: 10, h: 8 },
    { x: 0, y: 17, w: 24, h: 1 },
  ]);
});

Deno.test("the check finds a dashboard that was changed by hand", async () => {
  const [[name = "", content = ""] = []] = dashboardFiles();
  using folder = makeFolder({ [name]: content.replace("Outcomes", "Ends") });
  const check = ["--root", folder.path, "--check"];
  assert.equal(await main(check, silent), 1);
  assert.equal(await main(["--root", folder.path], silent), 0);
  assert.equal(await main(check, silent), 0);
});
