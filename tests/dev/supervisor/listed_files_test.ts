import assert from "node:assert/strict";
import { join } from "node:path";
import { listedFiles } from "../../../dev/supervisor/listed_files.ts";
import { ROOT } from "../_run.ts";

Deno.test("listedFiles() finds the file of each entry of the project's own list", async () => {
  const { handlers } = await import("../../../handlers/mod.ts");
  const text = await Deno.readTextFile(join(ROOT, "handlers/mod.ts"));
  assert.deepEqual(
    listedFiles(text),
    handlers.map(({ declaredAt }) =>
      /^handlers\/(.+)\.ts:\d+$/.exec(declaredAt ?? "")?.[1]
    ),
  );
});

Deno.test("listedFiles() leaves out what is commented out, and knows no file of what is made in place", () => {
  const text = `
import type { Handler } from "event-handler";
import a from "./a.ts";
import b from "./folder/b.ts";
// import c from "./c.ts";
/** All. */
export const handlers: readonly Handler[] = [
  a,
  // c,
  on("x.y", run),
  b,
];`;
  assert.deepEqual(listedFiles(text).at(0), "a");
  assert.deepEqual(listedFiles(text).at(-1), "folder/b");
  assert.ok(!listedFiles(text).includes("c"));
});
