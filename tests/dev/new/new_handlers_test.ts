import assert from "node:assert/strict";
import { writeHandlers } from "../../../dev/new/new_handlers.ts";
import { makeFolder } from "../gen/_fixtures.ts";

Deno.test("writeHandlers() writes nothing when a file has come in the way", async () => {
  await using folder = await makeFolder({
    "handlers/mod.ts": "old",
    "tests/handlers/b_test.ts": "mine",
  });
  await assert.rejects(
    writeHandlers(folder.path, {
      added: new Map([
        ["handlers/b.ts", "new"],
        ["tests/handlers/b_test.ts", "new"],
      ]),
      changed: new Map([["handlers/mod.ts", "new"]]),
    }),
    {
      name: "NewHandlerError",
      message: "tests/handlers/b_test.ts exists already: rename or delete it",
    },
  );
  await assert.rejects(folder.read("handlers/b.ts"), Deno.errors.NotFound);
  assert.equal(await folder.read("tests/handlers/b_test.ts"), "mine");
  assert.equal(await folder.read("handlers/mod.ts"), "old");
});

Deno.test("writeHandlers() writes new files, also into folders that are not there yet", async () => {
  await using folder = await makeFolder({ "handlers/mod.ts": "old" });
  await writeHandlers(folder.path, {
    added: new Map([["tests/handlers/b_test.ts", "test"]]),
    changed: new Map([["handlers/mod.ts", "new"]]),
  });
  assert.equal(await folder.read("tests/handlers/b_test.ts"), "test");
  assert.equal(await folder.read("handlers/mod.ts"), "new");
});
