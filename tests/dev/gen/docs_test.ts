import assert from "node:assert/strict";
import { docFiles, DocsError, main } from "../../../dev/gen/docs.ts";
import { settings } from "../../../lib/config/config.ts";
import { envTemplate } from "../../../lib/config/text.ts";
import { makeFolder, recordOutput } from "./_fixtures.ts";

const README = `# Title

Before.

<!-- config:start -->
<!-- config:end -->

After.
`;

Deno.test("docs writes the template and the table, and leaves the rest of the README", async () => {
  await using folder = await makeFolder({ "README.md": README });
  const output = recordOutput();
  assert.equal(await main(["--root", folder.path], output), 0);
  assert.equal(await folder.read(".env.template"), envTemplate());
  const readme = await folder.read("README.md");
  assert.match(readme, /^# Title\n\nBefore\.\n\n<!-- config:start -->\n\n\| /);
  assert.match(readme, / \|\n\n<!-- config:end -->\n\nAfter\.\n$/);
  for (const [, { env }] of settings) {
    assert.match(readme, new RegExp(`^\\| \`${env}\` +\\| `, "m"));
  }
  assert.deepEqual(output.logged, ["2 files generated: 2 written, 0 removed"]);
});

Deno.test("docs writes Markdown that the formatter accepts", async () => {
  await using folder = await makeFolder({ "README.md": README });
  await main(["--root", folder.path], recordOutput());
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--no-config", "--check", "README.md"],
    cwd: folder.path,
    stderr: "piped",
  }).output();
  assert(success, new TextDecoder().decode(stderr));
});

Deno.test("docs changes nothing the second time", async () => {
  await using folder = await makeFolder({ "README.md": README });
  const output = recordOutput();
  await main(["--root", folder.path], output);
  const readme = await folder.read("README.md");
  await main(["--root", folder.path], output);
  assert.equal(await folder.read("README.md"), readme);
  assert.equal(
    output.logged.at(-1),
    "2 files generated: 0 written, 0 removed",
  );
});

Deno.test("docs --check names the files that differ and the command, and writes nothing", async () => {
  await using folder = await makeFolder({ "README.md": README });
  const output = recordOutput();
  assert.equal(await main(["--root", folder.path, "--check"], output), 1);
  assert.match(output.errors[0] ?? "", /^missing {2}\.env\.template$/m);
  assert.match(output.errors[0] ?? "", /^differs {2}README\.md:6$/m);
  assert.equal(output.errors[1], "2 files differ: run `deno task gen`");
  assert.equal(await folder.read("README.md"), README);
  await assert.rejects(folder.read(".env.template"), Deno.errors.NotFound);
});

Deno.test("docs --check finds one default that was changed by hand", async () => {
  await using folder = await makeFolder({ "README.md": README });
  const output = recordOutput();
  await main(["--root", folder.path], output);
  assert.equal(await main(["--root", folder.path, "--check"], output), 0);
  assert.deepEqual(output.errors, []);
  const text = await folder.read("README.md");
  await folder.write("README.md", text.replace("`6565`", "`6566`"));
  assert.equal(await main(["--root", folder.path, "--check"], output), 1);
  assert.match(output.errors[0] ?? "", /^differs {2}README\.md:\d+$/m);
  assert.match(output.errors[0] ?? "", /found: .*`6566`/);
});

Deno.test("docs says what is missing when there is no README, and creates nothing", async () => {
  await using folder = await makeFolder();
  for (const args of [[], ["--check"]]) {
    await assert.rejects(
      main(["--root", folder.path, ...args], recordOutput()),
      new DocsError(
        `README.md does not exist: expected it in ${folder.path}, with the ` +
          "lines <!-- config:start --> and <!-- config:end -->",
      ),
    );
  }
  assert.deepEqual(await Array.fromAsync(Deno.readDir(folder.path)), []);
});

const BROKEN: readonly (readonly [what: string, text: string])[] = [
  ["no marks", "# Title\n"],
  ["a start without an end", "<!-- config:start -->\n"],
  ["an end without a start", "<!-- config:end -->\n"],
  ["the end first", "<!-- config:end -->\n<!-- config:start -->\n"],
  ["both twice", README + README],
  ["two ends", `${README}<!-- config:end -->\n`],
];

for (const [what, text] of BROKEN) {
  Deno.test(`docs refuses a README with ${what}`, async () => {
    await assert.rejects(docFiles(text), (error) => {
      assert(error instanceof DocsError);
      assert.match(error.message, /^README\.md has no one place .*: expected/);
      return true;
    });
  });
}

Deno.test("docs refuses an unknown option with its usage", async () => {
  await assert.rejects(main(["--chek"], recordOutput()), {
    name: "UsageError",
    message: /Usage: deno task gen/,
  });
});
