import assert from "node:assert/strict";
import { join } from "node:path";
import { isAccepted } from "../../../dev/supply/licence.ts";
import {
  licenceProblems,
  licenceTable,
  main,
} from "../../../dev/supply/licences.ts";
import {
  type LicensedPackage,
  noticeText,
} from "../../../dev/supply/notice.ts";

function licensed(
  name: string,
  rest: Partial<LicensedPackage> = {},
): LicensedPackage {
  return {
    id: `${name}@1.0.0`,
    name,
    version: "1.0.0",
    licence: "MIT",
    shipped: true,
    texts: ["The text"],
    ...rest,
  };
}

Deno.test("isAccepted() takes an expression that accepted licences alone can meet", () => {
  for (
    const expression of [
      "MIT",
      "(MIT OR GPL-3.0-only)",
      "GPL-3.0-only OR MIT",
      "MIT AND ISC",
      "GPL-3.0-only AND ISC OR MIT",
      "(MIT AND (ISC OR GPL-2.0-only))",
    ]
  ) assert.ok(isAccepted(expression), expression);
});

Deno.test("isAccepted() refuses what they cannot meet, and what is no expression", () => {
  for (
    const expression of [
      "",
      "GPL-3.0-only",
      "mit",
      "MIT AND GPL-3.0-only",
      "(MIT OR ISC) AND GPL-3.0-only",
      "MIT WITH Classpath-exception-2.0",
      "SEE LICENSE IN LICENSE.md",
      "UNLICENSED",
      "(MIT",
      "MIT)",
      "MIT OR",
    ]
  ) assert.ok(!isAccepted(expression), expression);
});

Deno.test("a licence that is missing or not accepted is a problem, and so is a text that must ship and does not exist", () => {
  const problems = licenceProblems([
    licensed("fine"),
    licensed("silent", { licence: undefined }),
    licensed("copyleft", { licence: "AGPL-3.0-only", shipped: false }),
    licensed("bare", { texts: [] }),
    licensed("tool", { texts: [], shipped: false }),
  ]);
  assert.deepEqual(problems.map((line) => line.replace(/: expected .*/, "")), [
    "silent@1.0.0 names no licence",
    'copyleft@1.0.0 has the licence "AGPL-3.0-only"',
    "bare@1.0.0 ships, but has no licence text",
  ]);
});

Deno.test("the table has every package, the notice each text once and only of those that ship", () => {
  const packages = [
    licensed("one"),
    licensed("two"),
    licensed("tool", { shipped: false, texts: ["The tool's text"] }),
  ];
  const table = licenceTable(packages);
  for (
    const line of [
      "| `one` | 1.0.0 | MIT | yes |",
      "| `tool` | 1.0.0 | MIT | no |",
    ]
  ) {
    assert.ok(table.includes(line), line);
  }
  const notice = noticeText(packages);
  assert.equal(notice.split("The text").length, 2);
  assert.match(notice, /one@1\.0\.0\ntwo@1\.0\.0\n\nThe text\n/);
  assert.ok(!notice.includes("The tool's text"));
});

Deno.test("licences --check fails until the files are written, and then passes", async () => {
  const folder = await Deno.makeTempDir();
  const said: string[] = [];
  const output = {
    log: (text: string) => said.push(text),
    error: (text: string) => said.push(text),
  };
  try {
    assert.equal(await main(["--root", folder, "--check"], output), 1);
    assert.match(
      said.join("\n"),
      /missing {2}docs\/licences\.md[^]*\.\/task x licences/,
    );
    assert.equal(await main(["--root", folder], output), 0);
    assert.equal(await main(["--root", folder, "--check"], output), 0);
    await Deno.writeTextFile(
      join(folder, "docs/licences.md"),
      "Something else\n",
    );
    assert.equal(await main(["--root", folder, "--check"], output), 1);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("all packages of this repository have accepted licences, and the files say so", async () => {
  const said: string[] = [];
  const output = { log: () => {}, error: (text: string) => said.push(text) };
  const code = await main(["--check"], output);
  assert.equal(code, 0, said.join("\n"));
});
