import assert from "node:assert/strict";
import { join } from "node:path";
import { formatFiles } from "../../dev/gen/format.ts";
import { handlerFileName } from "../../dev/new/handler_names.ts";
import { handlerTestText, handlerText } from "../../dev/new/handler_text.ts";
import { readCatalog } from "../../lib/events/catalog.ts";
import { copyProject } from "../dev/new/_project.ts";
import { ROOT } from "../dev/_run.ts";

Deno.test("deno task new handler writes what type-checks for every event and channel", async () => {
  await using project = await copyProject();
  const { types } = readCatalog(join(ROOT, "proto"));
  const channels = [...new Set(types.map((type) => `${type.split(".")[0]}.*`))];
  const all = [...types, ...channels];
  const files = new Map(all.flatMap((type) => {
    const name = handlerFileName(type, types);
    return [
      [`handlers/${name}.ts`, handlerText(type)],
      [`tests/handlers/${name}_test.ts`, handlerTestText(type, `${name}.ts`)],
    ];
  }));
  assert.equal(files.size, 2 * all.length);
  for (const [path, text] of await formatFiles(files)) {
    await project.write(path, text);
  }
  const { code, stderr } = await project.deno(
    "check",
    "handlers",
    "tests/handlers",
  );
  assert.equal(code, 0, stderr);
  const lint = await project.deno("lint", "--quiet", "handlers");
  assert.equal(lint.code, 0, lint.stderr);
});
