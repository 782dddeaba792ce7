import assert from "node:assert/strict";
import { run } from "../dev/_run.ts";
import { wholeProject } from "./_whole_project.ts";

Deno.test("deno task ok passes in the project that deno task init leaves", async () => {
  await using project = await wholeProject();
  const cwd = project.path;
  const tasks: readonly (readonly string[])[] = [
    ["init", "--yes"],
    ["ok"],
    ["new", "handler", "userAuthentication.userLoggedIn"],
    ["ok"],
  ];
  for (const args of tasks) {
    const { code, stdout, stderr } = await run(["task", "-q", ...args], {
      cwd,
    });
    assert.equal(code, 0, `${args.join(" ")}: ${stdout}${stderr}`);
  }
});
