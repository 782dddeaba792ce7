import assert from "node:assert/strict";
import { join } from "node:path";
import { ROOT } from "../dev/_run.ts";
import { blocksOf } from "./_blocks.ts";

Deno.test("docs/migrate.md: its handler is what the example handler is", async () => {
  const { files, count } = await blocksOf("migrate.md");
  const file = "handlers/user_logged_in.ts";
  assert.deepEqual([Object.keys(files), count], [[file], 1]);
  const withoutComments = (text: string) =>
    text.replace(/\/\*\*[^]*?\*\/\n/g, "");
  const example = await Deno.readTextFile(join(ROOT, file));
  assert.equal(files[file], withoutComments(example));
});
