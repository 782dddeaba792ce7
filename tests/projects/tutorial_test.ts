import assert from "node:assert/strict";
import { makeCheckout } from "../_support/checkout.ts";
import { blocksOf } from "./_blocks.ts";

Deno.test("docs/tutorial.md: its handlers compile, and their tests pass", async () => {
  const { files, count } = await blocksOf("tutorial.md");
  const code = Object.keys(files).filter((path) => path.endsWith(".ts"));
  assert.equal(code.length, count, "each block of code names its file");
  using checkout = makeCheckout(files);
  const handlers = code.filter((path) => /^handlers\/.*_/.test(path));
  assert.equal(handlers.length, 3);
  const declared = Object.values(files).join("").match(/^Deno\.test\(/gm);
  const checked = await checkout.deno([
    ...["check", "--quiet", "main.ts", "tests/handlers"],
  ]);
  assert.equal(checked.code, 0, checked.stderr);
  const tested = await checkout.deno([
    ...["test", "--no-prompt", "--no-check", "-A", "tests/handlers"],
  ]);
  assert.equal(tested.code, 0, tested.stdout + tested.stderr);
  assert.match(tested.stdout, new RegExp(`\\b${declared?.length} passed`));
  const formatted = await checkout.deno(["fmt", "--check", "handlers"]);
  assert.equal(formatted.code, 0, formatted.stderr);
});
