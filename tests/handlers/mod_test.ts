import assert from "node:assert/strict";
import { join } from "node:path";
import { handlers } from "../../handlers/mod.ts";

const FOLDER = join(import.meta.dirname ?? ".", "../../handlers");

Deno.test("every file in handlers/ is in the list of handlers", async () => {
  const found: unknown[] = [];
  for await (const { name } of Deno.readDir(FOLDER)) {
    const isHandler = name.endsWith(".ts") && !name.startsWith("_") &&
      name !== "mod.ts" && name !== "settings.ts";
    if (!isHandler) continue;
    const module = await import(`../../handlers/${name}`);
    assert.ok(module.default, `handlers/${name} exports no handler`);
    found.push(module.default);
  }
  assert.deepEqual(new Set(handlers), new Set(found));
  assert.equal(new Set(handlers).size, handlers.length);
});
