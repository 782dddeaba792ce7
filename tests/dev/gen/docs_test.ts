import assert from "node:assert/strict";
import { DocsError, main } from "../../../dev/gen/docs.ts";
import { ALL_SETTINGS, allSettings } from "../../../dev/all_settings.ts";
import { envTemplate } from "../../../lib/config/text.ts";
import { makeFolder, recordOutput } from "./_fixtures.ts";

const CONFIG = '{"name":"app","tasks":{},"permissions":{}}\n';

Deno.test("docs writes the template, the table and the permissions, and leaves the rest of deno.json", async () => {
  await using folder = await makeFolder({ "deno.json": CONFIG });
  const output = recordOutput();
  assert.equal(await main(["--root", folder.path], output), 0);
  assert.equal(await folder.read(".env.template"), envTemplate(ALL_SETTINGS));
  const table = await folder.read("docs/settings.md");
  for (const { env } of allSettings) {
    assert.match(table, new RegExp(`^\\| \`${env}\` +\\| `, "m"));
  }
  const { name, permissions } = JSON.parse(await folder.read("deno.json"));
  assert.equal(name, "app");
  assert.ok(permissions.service.env.includes("LOG_LEVEL"));
  assert.deepEqual(output.logged, ["3 files generated: 3 written, 0 removed"]);
});

Deno.test("docs writes Markdown that the formatter accepts", async () => {
  await using folder = await makeFolder({ "deno.json": CONFIG });
  await main(["--root", folder.path], recordOutput());
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--no-config", "--check", "docs/settings.md", "deno.json"],
    cwd: folder.path,
    stderr: "piped",
  }).output();
  assert(success, new TextDecoder().decode(stderr));
});

Deno.test("docs changes nothing the second time", async () => {
  await using folder = await makeFolder({ "deno.json": CONFIG });
  const output = recordOutput();
  await main(["--root", folder.path], output);
  await main(["--root", folder.path], output);
  assert.equal(
    output.logged.at(-1),
    "3 files generated: 0 written, 0 removed",
  );
});

Deno.test("docs --check names the files that differ and the command, and writes nothing", async () => {
  await using folder = await makeFolder({ "deno.json": CONFIG });
  const output = recordOutput();
  assert.equal(await main(["--root", folder.path, "--check"], output), 1);
  assert.match(output.errors[0] ?? "", /^missing {2}\.env\.template$/m);
  assert.match(output.errors[0] ?? "", /^missing {2}docs\/settings\.md$/m);
  assert.match(output.errors[0] ?? "", /^differs {2}deno\.json:1$/m);
  assert.equal(output.errors[1], "3 files differ: run `./task gen`");
  assert.equal(await folder.read("deno.json"), CONFIG);
  await assert.rejects(folder.read(".env.template"), Deno.errors.NotFound);
});

Deno.test("docs --check finds one default that was changed by hand", async () => {
  await using folder = await makeFolder({ "deno.json": CONFIG });
  const output = recordOutput();
  await main(["--root", folder.path], output);
  assert.equal(await main(["--root", folder.path, "--check"], output), 0);
  assert.deepEqual(output.errors, []);
  const text = await folder.read("docs/settings.md");
  await folder.write("docs/settings.md", text.replace("`6565`", "`6566`"));
  assert.equal(await main(["--root", folder.path, "--check"], output), 1);
  assert.match(output.errors[0] ?? "", /^differs {2}docs\/settings\.md:\d+$/m);
  assert.match(output.errors[0] ?? "", /found: .*`6566`/);
});

Deno.test("docs says what is missing when there is no deno.json, and creates nothing", async () => {
  await using folder = await makeFolder();
  for (const args of [[], ["--check"]]) {
    await assert.rejects(
      main(["--root", folder.path, ...args], recordOutput()),
      new DocsError(
        `deno.json does not exist: expected it in ${folder.path}`,
      ),
    );
  }
  assert.deepEqual(await Array.fromAsync(Deno.readDir(folder.path)), []);
});
