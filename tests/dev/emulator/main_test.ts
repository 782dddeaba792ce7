import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { CONSUMABLE_ITEM_ID } from "../../../dev/emulator/mod.ts";
import { taskFlags } from "../../_support/task_flags.ts";
import { login } from "./_client.ts";

const MAIN = fileURLToPath(
  new URL("../../../dev/emulator/main.ts", import.meta.url),
);

function start(...args: string[]): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "--cached-only", ...taskFlags("emulator"), MAIN, ...args],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

async function readUntil(
  reader: ReadableStreamDefaultReader<string>,
  wanted: RegExp,
): Promise<string> {
  let text = "";
  while (!wanted.test(text)) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`The output ended without ${wanted}: ${text}`);
    text += value;
  }
  return text;
}

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.test(
    `the command serves until ${signal} and ends with code 0`,
    async () => {
      const child = start("--port", "0");
      const reader = child.stdout.pipeThrough(new TextDecoderStream())
        .getReader();
      const text = await readUntil(reader, /\/emulator\n/);
      const url = /listening on (http:\S+)/.exec(text)?.[1] ?? "";
      assert.match(text, new RegExp(`${CONSUMABLE_ITEM_ID}  Health potion`));
      assert.match(text, new RegExp(`AB_BASE_URL=${RegExp.escape(url)}\n`));
      assert.equal((await login(url)).status, 200);
      child.kill(signal);
      const { code } = await child.status;
      assert.equal(code, 0);
      await reader.cancel();
      await child.stderr.cancel();
    },
  );
}

Deno.test(
  "the command refuses what it does not understand with code 64",
  async () => {
    for (
      const [args, message] of [
        [["--port", "70000"], /Cannot listen on port "70000"/],
        [["--port", "x"], /Cannot listen on port "x"/],
        [["--prot", "1"], /--prot/],
      ] as const
    ) {
      const { code, stderr, stdout } = await start(...args).output();
      assert.equal(code, 64);
      assert.match(new TextDecoder().decode(stderr), message);
      assert.equal(stdout.length, 0);
    }
  },
);

Deno.test("the command prints help", async () => {
  const { code, stdout } = await start("--help").output();
  assert.equal(code, 0);
  assert.match(new TextDecoder().decode(stdout), /--port <number>/);
});
