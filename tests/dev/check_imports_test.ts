import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { checkImports, main } from "../../dev/check_imports.ts";
import { ImportCheckError } from "../../dev/house/imports.ts";

const REPOSITORY = fileURLToPath(new URL("../..", import.meta.url));

/** What is said of a tree of these files, one line per violation. */
async function check(
  files: Readonly<Record<string, string>>,
): Promise<readonly string[]> {
  await using tree = await makeTree(files);
  const violations = await checkImports(tree.path);
  return violations.map(({ file, line, text }) => `${file}:${line}: ${text}`);
}

async function makeTree(files: Readonly<Record<string, string>>) {
  const path = await Deno.makeTempDir();
  for (const [file, text] of Object.entries(files)) {
    await Deno.mkdir(dirname(join(path, file)), { recursive: true });
    await Deno.writeTextFile(join(path, file), text);
  }
  return {
    path,
    [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }),
  };
}

const EXPORT = "export const x = 1;\nexport type X = 1;\n";

Deno.test("check_imports finds nothing in this repository", async () => {
  assert.deepEqual(await checkImports(REPOSITORY), []);
});

Deno.test("check_imports accepts imports that point down the house", async () => {
  const lines = await check({
    "main.ts": 'import "./lib/service.ts";\nimport "./handlers/mod.ts";\n',
    "mod.ts": 'export * from "./lib/mod.ts";\n',
    "lib/mod.ts": 'export * from "./core/on.ts";\n',
    "handlers/mod.ts": 'import "./mine.ts";\n',
    "handlers/mine.ts":
      'import "../lib/mod.ts";\nimport "../lib/ags/mod.ts";\n',
    "lib/ags/mod.ts": 'import "./client.ts";\n',
    "lib/service.ts": 'import "./ags/client.ts";\nimport "./grpc/a.ts";\n',
    "lib/ags/client.ts":
      'import "../core/on.ts";\nimport "../config/secret.ts";\n',
    "lib/grpc/a.ts": 'import "../middleware/a.ts";\nimport "zod";\n',
    "lib/middleware/a.ts": 'import "../core/on.ts";\n',
    "lib/core/on.ts": 'import { createHash } from "node:crypto";\n',
    "lib/config/secret.ts": EXPORT,
    "dev/main.ts": 'import "../main.ts";\n',
    "tests/main_test.ts": 'import "../main.ts";\nimport "../dev/main.ts";\n',
  });
  assert.deepEqual(lines, []);
});

Deno.test("check_imports names the file, the line and what was expected of a forbidden import", async () => {
  const lines = await check({
    "lib/core/app.ts": `// A line before it.\n\nimport "../grpc/server.ts";\n`,
    "lib/grpc/server.ts": EXPORT,
  });
  assert.equal(lines.length, 1);
  assert.match(
    lines[0] ?? "",
    /^lib\/core\/app\.ts:3: "lib\/core\/" may not import "lib\/grpc\/server\.ts": expected lib\/core\/, lib\/config\/ by type, /,
  );
});

const FORBIDDEN: readonly (readonly [from: string, to: string])[] = [
  ["lib/ags/a.ts", "lib/grpc/b.ts"],
  ["lib/grpc/a.ts", "lib/telemetry/b.ts"],
  ["lib/http/a.ts", "lib/ags/b.ts"],
  ["lib/kafka/a.ts", "lib/http/b.ts"],
  ["lib/telemetry/a.ts", "lib/kafka/b.ts"],
  ["lib/core/a.ts", "lib/middleware/b.ts"],
  ["lib/middleware/a.ts", "lib/ags/b.ts"],
  ["lib/grpc/a.ts", "lib/service.ts"],
  ["lib/events/a.ts", "lib/grpc/b.ts"],
  ["lib/eventstream/a.ts", "lib/events/b.ts"],
  ["lib/config/config.ts", "lib/core/b.ts"],
  ["lib/process/stop_signals.ts", "lib/service.ts"],
  ["lib/ags/a.ts", "mod.ts"],
  ["handlers/a.ts", "lib/core/b.ts"],
  ["handlers/a.ts", "lib/grpc/b.ts"],
  ["handlers/a.ts", "main.ts"],
  ["lib/mod.ts", "lib/ags/client.ts"],
  ["main.ts", "dev/b.ts"],
  ["lib/service.ts", "dev/b.ts"],
  ["lib/service.ts", "tests/b.ts"],
  ["handlers/a.ts", "bench/b.ts"],
  ["lib/mod.ts", "dev/b.ts"],
  ["dev/a.ts", "tests/b.ts"],
  ["proto/a.ts", "lib/core/b.ts"],
];

for (const [from, to] of FORBIDDEN) {
  Deno.test(`check_imports does not let ${from} import ${to}`, async () => {
    const up = "../".repeat(from.split("/").length - 1) || "./";
    const lines = await check({ [from]: `import "${up}${to}";`, [to]: EXPORT });
    assert.equal(lines.length, 1);
    assert.match(lines[0] ?? "", new RegExp(`^${from}:1: .*may.*"${to}"`));
  });
}

Deno.test("check_imports tells an import by type from one by value", async () => {
  const files = { "lib/config/config.ts": EXPORT, "proto/events.ts": EXPORT };
  assert.deepEqual(
    await check({
      ...files,
      "lib/core/a.ts": 'import type { X } from "../config/config.ts";\n' +
        'export type { X as Y } from "../../proto/events.ts";\n' +
        'type Z = import("../config/config.ts").X;\n',
    }),
    [],
  );
  const expected = (line: number) =>
    `lib/core/a.ts:${line}: "lib/core/" may import "lib/config/config.ts" by type ` +
    'only: expected "import type"';
  assert.deepEqual(
    await check({
      ...files,
      "lib/core/a.ts": 'import type { X } from "../config/config.ts";\n' +
        'import { x } from "../config/config.ts";\n',
    }),
    [expected(2)],
  );
  assert.deepEqual(
    await check({
      ...files,
      "lib/core/a.ts": 'await import("../config/config.ts");',
    }),
    [expected(1)],
  );
});

Deno.test("check_imports counts a type import as an import where nothing is allowed", async () => {
  const lines = await check({
    "lib/ags/a.ts": 'import type { X } from "../grpc/b.ts";\n',
    "lib/grpc/b.ts": EXPORT,
  });
  assert.equal(lines.length, 1);
  assert.match(lines[0] ?? "", /^lib\/ags\/a\.ts:1: "lib\/ags\/" may not/);
});

Deno.test("check_imports reports a circle once, with every file on it", async () => {
  const lines = await check({
    "lib/core/a.ts": 'import "./b.ts";\n',
    "lib/core/b.ts": 'import "./d.ts";\nimport type { X } from "./c.ts";\n',
    "lib/core/c.ts": 'import "./a.ts";\n' + EXPORT,
    "lib/core/d.ts": EXPORT,
  });
  assert.deepEqual(lines, [
    "lib/core/c.ts:1: Imports form a circle: lib/core/a.ts → lib/core/b.ts → " +
    "lib/core/c.ts → lib/core/a.ts",
  ]);
});

Deno.test("check_imports finds a circle that is by type only, and a file that imports itself", async () => {
  const lines = await check({
    "tests/a.ts": 'import type { X } from "./b.ts";\nexport type Y = X;\n',
    "tests/b.ts": 'import type { Y } from "./a.ts";\nexport type X = Y;\n',
    "tests/self.ts": 'import "./self.ts";\n',
  });
  assert.deepEqual(lines, [
    "tests/b.ts:1: Imports form a circle: tests/a.ts → tests/b.ts → tests/a.ts",
    "tests/self.ts:1: Imports form a circle: tests/self.ts → tests/self.ts",
  ]);
});

Deno.test("check_imports keeps a private file to its folder, what is below, and tests", async () => {
  const lines = await check({
    "dev/gen/_cli.ts": EXPORT,
    "dev/gen/types.ts": 'import "./_cli.ts";\n',
    "dev/gen/below/a.ts": 'import "../_cli.ts";\n',
    "dev/main.ts": 'import "./gen/_cli.ts";\n',
    "tests/dev/gen/a_test.ts": 'import "../../../dev/gen/_cli.ts";\n',
  });
  const text = '"dev/gen/_cli.ts" is private: expected imports from "dev/gen/"';
  assert.deepEqual(lines, [
    `dev/main.ts:1: ${text} only`,
  ]);
});

Deno.test("check_imports keeps the core free of packages and built-in modules", async () => {
  const lines = await check({
    "lib/core/a.ts": 'import { distance } from "fastest-levenshtein";\n' +
      'import type * as grpc from "@grpc/grpc-js";\n' +
      'import { z } from "zod";\n' +
      'import fs from "node:fs";\n' +
      'import { createHash } from "node:crypto";\n',
  });
  const expected = "expected fastest-levenshtein or node:crypto";
  assert.deepEqual(lines, [
    `lib/core/a.ts:2: "lib/core/" may not import the package "@grpc/grpc-js": ${expected}`,
    `lib/core/a.ts:3: "lib/core/" may not import the package "zod": ${expected}`,
    `lib/core/a.ts:4: "lib/core/" may not import the package "node:fs": ${expected}`,
  ]);
});

Deno.test("check_imports keeps the core free of Deno and fetch, comments and texts apart", async () => {
  const lines = await check({
    "lib/core/a.ts": "/**\n * Not `Deno.env`.\n */\n" +
      'export const text = "fetch"; // fetch, Deno\n' +
      "export const now = () => fetch(Deno.cwd());\n" +
      "export const prefetch = { fetched: globalThis };\n",
    "lib/ags/a.ts": "export const now = () => fetch(Deno.cwd());\n",
  });
  const text = (line: number, name: string) =>
    `lib/core/a.ts:${line}: "lib/core/" may not use "${name}": expected it to ` +
    "be passed in";
  assert.deepEqual(lines, [
    text(5, "fetch"),
    text(5, "Deno"),
    text(6, "globalThis"),
  ]);
});

Deno.test("check_imports wants every file to be in a part of the house", async () => {
  const lines = await check({ "lib/redis/a.ts": EXPORT, "tool.ts": EXPORT });
  const text = "File is in no part of the house: expected a row for it in " +
    "dev/house/plan.ts";
  assert.deepEqual(lines, [`lib/redis/a.ts:1: ${text}`, `tool.ts:1: ${text}`]);
});

Deno.test("check_imports does not let imports leave the repository", async () => {
  const lines = await check({ "tests/a.ts": 'import "../../elsewhere.ts";\n' });
  assert.equal(lines.length, 1);
  assert.match(lines[0] ?? "", /may not import "\.\.\/elsewhere\.ts"/);
});

Deno.test("check_imports refuses a file with a syntax error", async () => {
  await assert.rejects(check({ "lib/core/a.ts": "const = 1;\n" }), (error) => {
    assert(error instanceof ImportCheckError);
    assert.match(error.message, /^lib\/core\/a\.ts cannot be read: /);
    return true;
  });
});

Deno.test("check_imports exits with 1 when it prints a violation, else with 0", async () => {
  await using tree = await makeTree({ "dev/b.ts": EXPORT });
  const errors: string[] = [];
  const output = { error: (text: string) => errors.push(text) };
  assert.equal(await main(["--root", tree.path], output), 0);
  await Deno.writeTextFile(join(tree.path, "main.ts"), 'import "./dev/b.ts";');
  assert.equal(await main(["--root", tree.path], output), 1);
  assert.deepEqual(errors, [
    'main.ts:1: "main.ts" may not import "dev/b.ts": expected handlers/, lib/',
  ]);
});
