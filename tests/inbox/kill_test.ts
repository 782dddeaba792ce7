import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { sleep } from "../../lib/core/async.ts";

const PROGRAM = fileURLToPath(
  new URL("testdata/inbox_process.ts", import.meta.url),
);
const ROUNDS = 6;

/** Numbers by the word before them. */
type Said = Map<string, number[]>;

/** Runs the process, kills it some time after it is ready, and hears what it said. */
async function live(
  folder: string,
  first: string,
  lifetime: number | undefined,
): Promise<Said> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-prompt", PROGRAM, folder, first],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const guard = setTimeout(() => child.kill("SIGKILL"), 60_000);
  const said: Said = new Map();
  let rest = "";
  for await (
    const text of child.stdout.pipeThrough(new TextDecoderStream())
  ) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const [word = "", number] = line.split(" ");
      said.set(word, said.get(word) ?? []);
      said.get(word)?.push(Number(number));
      if (word === "ready" && lifetime !== undefined) {
        sleep(lifetime).then(() => child.kill("SIGKILL"));
      }
    }
  }
  const { code } = await child.status;
  clearTimeout(guard);
  assert.equal(code, lifetime === undefined ? 0 : 137);
  return said;
}

Deno.test("file inbox: kill -9 at any moment loses nothing accepted, and archives nothing twice", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const accepted: number[] = [];
    const run: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const first = `${round * 1_000_000}`;
      const lifetime = Math.floor(Math.random() * 700);
      const said = await live(folder, first, lifetime);
      accepted.push(...said.get("accepted") ?? []);
      run.push(...said.get("run") ?? []);
    }
    const said = await live(folder, "drain", undefined);
    run.push(...said.get("run") ?? []);
    const archived: string[] = [];
    const objects = join(folder, "objects");
    for await (const { name } of Deno.readDir(objects)) {
      if (name.endsWith(".part")) continue;
      const text = await Deno.readTextFile(join(objects, name));
      archived.push(...text.split("\n"));
    }
    const [runs, kept] = [new Set(run), new Set(archived)];
    assert.ok(accepted.length > 100, `${accepted.length}`);
    assert.deepEqual(accepted.filter((number) => !runs.has(number)), []);
    assert.deepEqual(accepted.filter((number) => !kept.has(`${number}`)), []);
    assert.equal(archived.length, kept.size);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
