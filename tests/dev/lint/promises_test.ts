import assert from "node:assert/strict";
import { join } from "node:path";
import { findForgottenPromises } from "../../../dev/lint/promises.ts";
import { ROOT, tempFolder } from "../_run.ts";

const FORGOTTEN = [
  'grantItem(ctx, { event, userId: "u", itemId: "i" });',
  'ctx.ags.request("GET", "/basic/v1/admin/namespaces/{namespace}");',
  'ctx.messaging.publish("topic", "text");',
  'fetch("http://localhost");',
  "work();",
  "(() => work())();",
  'ctx.ags.request("GET", "/a").then(() => {});',
  "[1, 2].forEach(async () => { await work(); });",
  "[1, 2].map(() => work());",
  "if (work()) ctx.log.info('x');",
];

const AWAITED = [
  'await grantItem(ctx, { event, userId: "u", itemId: "i" });',
  "return work();",
  "await Promise.all([work(), work()]);",
  "void work();",
  "work().catch(() => {});",
  "const later = work(); await later;",
  'ctx.log.info("x");',
  "for (const each of [1]) await work();",
  "Promise;",
];

/** What is found in a handler with this statement, and where it stands. */
async function found(statements: readonly string[]): Promise<number[][]> {
  await using folder = await tempFolder();
  const files = await Promise.all(statements.map(async (statement, index) => {
    const path = join(folder.path, `${index}.ts`);
    await Deno.writeTextFile(
      path,
      `import { on } from "event-handler";
import { grantItem } from "event-handler/ags";
async function work(): Promise<void> {}
export default on("userAuthentication.userLoggedIn", async (event, ctx) => {
${statement}
});
`,
    );
    return path;
  }));
  const findings = findForgottenPromises({ root: ROOT, files });
  return statements.map((_, index) =>
    findings.filter(({ file }) => file.endsWith(`/${index}.ts`))
      .map(({ line }) => line)
  );
}

Deno.test("findForgottenPromises() finds each promise that a handler does not await", async () => {
  assert.deepEqual(await found(FORGOTTEN), FORGOTTEN.map(() => [5]));
});

Deno.test("findForgottenPromises() leaves promises alone that are awaited, returned, handed on or given up", async () => {
  assert.deepEqual(await found(AWAITED), AWAITED.map(() => []));
});
