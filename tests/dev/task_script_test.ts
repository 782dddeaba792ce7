import assert from "node:assert/strict";
import { join } from "node:path";
import { ROOT, tempFolder } from "./_run.ts";

const isWindows = Deno.build.os === "windows";

/** Runs the script with the programs of a folder, and few others. */
async function script(
  programs: Readonly<Record<string, string>>,
  args: readonly string[],
): Promise<{ readonly code: number; readonly said: string }> {
  await using folder = await tempFolder();
  for (const [name, text] of Object.entries(programs)) {
    const path = join(folder.path, name);
    await Deno.writeTextFile(path, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  }
  const { code, stdout, stderr } = await new Deno.Command("/bin/sh", {
    args: [join(ROOT, "task"), ...args],
    clearEnv: true,
    env: { PATH: folder.path },
  }).output();
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, said: (decode(stdout) + decode(stderr)).trim() };
}

const SAY = (name: string) =>
  `echo "${name}:"; for word; do echo "<$word>"; done`;
const denoOf = (version: string) =>
  `if [ "$1" = --version ]; then echo "deno ${version} (stable)"; exit; fi; ${
    SAY("deno")
  }`;

const WORDS = ["send", "a.b", "--set", "name=two words"];
const HANDED_ON = "<task>\n<--quiet>\n<send>\n<a.b>\n<--set>\n<name=two words>";

Deno.test({
  name: "./task runs a task by the Deno of the pinned version",
  ignore: isWindows,
  async fn() {
    const programs = { deno: denoOf("2.9.6"), npx: SAY("npx") };
    assert.deepEqual(await script(programs, WORDS), {
      code: 0,
      said: `deno:\n${HANDED_ON}`,
    });
  },
});

for (
  const [what, programs] of Object.entries({
    "there is another Deno": { deno: denoOf("2.9.5"), npx: SAY("npx") },
    "there is no Deno": { npx: SAY("npx") },
  })
) {
  Deno.test({
    name: `./task runs a task by npx where ${what}`,
    ignore: isWindows,
    async fn() {
      assert.deepEqual(await script(programs, WORDS), {
        code: 0,
        said: `npx:\n<-y>\n<deno@2.9.6>\n${HANDED_ON}`,
      });
    },
  });
}

Deno.test({
  name: "./task says what to install where there is neither",
  ignore: isWindows,
  async fn() {
    const { code, said } = await script({}, WORDS);
    assert.equal(code, 127);
    assert.match(said, /^Neither Deno 2\.9\.6 nor npx is here: install /);
  },
});

Deno.test({
  name: "./task hands on the exit code",
  ignore: isWindows,
  async fn() {
    const deno = `${denoOf("2.9.6")}; exit 7`;
    assert.equal((await script({ deno }, WORDS)).code, 7);
  },
});

Deno.test("./task, task.cmd and the Dockerfile name one version of Deno: that of the tests", async () => {
  for (const file of ["task", "task.cmd", "Dockerfile"]) {
    const text = await Deno.readTextFile(join(ROOT, file));
    const versions = text.match(/(?<=deno[ @:](?:debian-)?)\d+\.\d+\.\d+/gi) ??
      [];
    assert.ok(versions.length > 0, file);
    assert.deepEqual([...new Set(versions)], [Deno.version.deno], file);
  }
});
