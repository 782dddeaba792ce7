import assert from "node:assert/strict";
import { join } from "node:path";
import { parseTypeErrors } from "../../../dev/supervisor/type_check.ts";
import { ROOT, run, tempFolder } from "../_run.ts";

Deno.test("parseTypeErrors() reads what deno check says: each error, in one line", async () => {
  await using folder = await tempFolder();
  const path = await Deno.realPath(folder.path);
  await Deno.writeTextFile(
    join(path, "a.ts"),
    `const text: string = 1;
function take(_list: string[]): void {}
const list: readonly string[] = [text];
take(list);
`,
  );
  const { stderr } = await run(
    ["check", "--quiet", "--no-config", "--no-lock", "a.ts"],
    { cwd: path },
  );
  assert.deepEqual(parseTypeErrors(stderr, path), [
    {
      file: "a.ts",
      line: 1,
      column: 7,
      text: "Type 'number' is not assignable to type 'string'. (TS2322)",
    },
    {
      file: "a.ts",
      line: 4,
      column: 6,
      text:
        "Argument of type 'readonly string[]' is not assignable to parameter of " +
        "type 'string[]'. The type 'readonly string[]' is 'readonly' and cannot be " +
        "assigned to the mutable type 'string[]'. (TS2345)",
    },
  ]);
});

Deno.test("parseTypeErrors() finds nothing in what is no error of types", () => {
  const output = `error: Module not found "file:///nothing.ts".
    at file:///a.ts:1:8

Stack backtrace:
   0: <unknown>
`;
  assert.deepEqual(parseTypeErrors(output, ROOT), []);
});
