import assert from "node:assert/strict";
import { join } from "node:path";
import denoJson from "../../deno.json" with { type: "json" };
import { ROOT } from "./_run.ts";

const read = (file: string) => Deno.readTextFile(join(ROOT, file));

/** Names of tasks that a text runs by the script. */
function tasksIn(text: string): readonly string[] {
  return [...text.matchAll(/\.[\\/]+task ([a-z][\w:-]*)/g)].map(([, name]) =>
    name ?? ""
  );
}

for (
  const file of [
    ".vscode/tasks.json",
    "AGENTS.md",
    "docs/migrate.md",
    "docs/troubleshooting.md",
    "docs/tutorial.md",
  ]
) {
  Deno.test(`${file} names tasks that are there`, async () => {
    const names = tasksIn(await read(file));
    assert.ok(names.length > 0);
    assert.deepEqual(names.filter((name) => !(name in denoJson.tasks)), []);
  });
}

Deno.test("VS Code starts dev with a debugger's port, and attaches to that", async () => {
  const { tasks } = JSON.parse(await read(".vscode/tasks.json"));
  const { configurations } = JSON.parse(await read(".vscode/launch.json"));
  const labels = new Map<string, string>(
    tasks.map((task: { label: string; command: string }) => [
      task.label,
      task.command,
    ]),
  );
  const [debug] = configurations;
  assert.equal(labels.get(debug.preLaunchTask), "./task dev --inspect");
  assert.deepEqual([debug.address, debug.port], ["127.0.0.1", 9229]);
});

Deno.test("VS Code and the container recommend the Deno extension, and switch it on", async () => {
  const extension = "denoland.vscode-deno";
  const { recommendations } = JSON.parse(
    await read(".vscode/extensions.json"),
  );
  assert.ok(recommendations.includes(extension));
  const { customizations } = JSON.parse(
    await read(".devcontainer/devcontainer.json"),
  );
  assert.deepEqual(customizations.vscode.extensions, recommendations);
  const settings = JSON.parse(await read(".vscode/settings.json"));
  assert.equal(settings["deno.enable"], true);
});

Deno.test("The container, the workflow and Renovate use the pinned Deno", async () => {
  const [, pinned] = /DENO_VERSION=(\S+)/.exec(await read(".ci/run")) ?? [];
  assert.match(
    await read(".devcontainer/devcontainer.json"),
    new RegExp(`deno@${pinned}\\b`),
  );
  assert.match(await read(".github/workflows/ci.yaml"), /run: \.ci\/run$/m);
  const { customManagers: [manager] } = JSON.parse(await read("renovate.json"));
  const patterns: readonly string[] = manager.matchStrings;
  for (const path of manager.managerFilePatterns as readonly string[]) {
    const file = new RegExp(path.slice(1, -1));
    const files = [
      "task",
      "task.cmd",
      ".ci/run",
      ".devcontainer/devcontainer.json",
    ].filter((name) => file.test(name));
    assert.ok(files.length > 0, path);
    for (const name of files) {
      const text = await read(name);
      const found = patterns.map((pattern) =>
        new RegExp(pattern).exec(text)?.groups?.currentValue
      );
      assert.ok(found.includes(pinned), `${name}: ${found}`);
    }
  }
});
