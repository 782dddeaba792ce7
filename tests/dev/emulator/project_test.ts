import assert from "node:assert/strict";
import { join } from "node:path";
import { startProjectEmulator } from "../../../dev/emulator/project.ts";
import { until } from "../../../dev/until.ts";
import { tempFolder } from "../_run.ts";
import { login, send } from "./_client.ts";

const STUB = new URL("../../../dev/emulator/stub.ts", import.meta.url).href;

/** An emulator with files, what it prints, and calls that are logged in. */
async function start(files: Readonly<Record<string, string>>) {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await tempFolder());
  const write = (name: string, text: string) =>
    Deno.writeTextFile(join(folder.path, name), text);
  for (const [name, text] of Object.entries(files)) await write(name, text);
  const lines: string[] = [];
  const { emulator } = stack.use(
    await startProjectEmulator({
      folder: folder.path,
      namespace: "mygame",
      print: (line) => lines.push(line),
    }),
  );
  const { json } = await login(emulator.url);
  const headers = { authorization: `Bearer ${json.access_token}` };
  const running = stack.move();
  return {
    emulator,
    lines,
    write,
    get: (path: string) => send(emulator.url + path, "GET", { headers }),
    printed: (pattern: RegExp) =>
      until(String(pattern), () => lines.find((line) => pattern.test(line))),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

function stubs(...paths: readonly string[]): string {
  const entries = paths.map((path) =>
    `stub({ method: "GET", path: "${path}", answer: { path: "${path}" } })`
  );
  return `import { stub } from "${STUB}";\nexport default [${entries}];\n`;
}

Deno.test("stubs count as soon as they are saved, and those that do not load leave the others", async () => {
  await using project = await start({ "stubs.ts": stubs("/a/b") });
  assert.deepEqual((await project.get("/a/b")).json, { path: "/a/b" });
  await project.write("stubs.ts", stubs("/a/b", "/a/c"));
  await project.printed(/^emulator\/stubs\.ts is loaded: 2 stubs$/);
  assert.equal((await project.get("/a/c")).status, 200);
  await project.write("stubs.ts", "export default [{");
  await project.printed(/^emulator\/stubs\.ts is not used: /);
  assert.equal((await project.get("/a/c")).status, 200);
});

Deno.test("a seed counts as soon as it is saved, and one that makes no sense does not", async () => {
  await using project = await start({ "seed.json": "{" });
  assert.match(
    project.lines[0] ?? "",
    /^emulator\/seed\.json is not used: it is not JSON/,
  );
  await project.write(
    "seed.json",
    JSON.stringify({ players: [{ userId: "u", wallets: { GOLD: 7 } }] }),
  );
  await project.printed(/^emulator\/seed\.json is loaded: the emulated game/);
  assert.equal(project.emulator.state.balance("u", "GOLD"), 7);
});

Deno.test("an unknown operation says how it is answered: to its caller, and once in the terminal", async () => {
  await using project = await start({});
  for (let time = 0; time < 2; time++) {
    const { status, json } = await project.get(
      "/session/v1/admin/namespaces/mygame/parties",
    );
    assert.equal(status, 404);
    assert.match(json.errorMessage, /answer it in emulator\/stubs\.ts/);
  }
  assert.equal(project.lines.length, 1);
  assert.match(
    project.lines[0] ?? "",
    /path: "\/session\/v1\/admin\/namespaces\/\{namespace\}\/parties"/,
  );
});
