import assert from "node:assert/strict";
import { join } from "node:path";
import {
  canKeepLetters,
  mayBeFleeting,
} from "../../lib/dead_letters/letter_folder.ts";

async function inFolder(test: (folder: string) => Promise<void>) {
  const folder = await Deno.makeTempDir();
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("canKeepLetters() leaves a folder as it was, and the letters in it", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "letters.jsonl");
    await Deno.writeTextFile(path, "{}\n");
    assert.equal(await canKeepLetters(path), true);
    assert.equal(await canKeepLetters(join(folder, "a/b/c.jsonl")), true);
    assert.equal(await Deno.readTextFile(path), "{}\n");
    assert.deepEqual(
      (await Array.fromAsync(Deno.readDir(folder), ({ name }) => name)).sort(),
      ["a", "letters.jsonl"],
    );
  });
});

Deno.test("canKeepLetters() is false where the file is a folder, or its folder a file", async () => {
  await inFolder(async (folder) => {
    assert.equal(await canKeepLetters(folder), false);
    const file = join(folder, "file");
    await Deno.writeTextFile(file, "");
    assert.equal(await canKeepLetters(join(file, "letters.jsonl")), false);
  });
});

Deno.test({
  name:
    "mayBeFleeting() takes what is on no device for fleeting, in an executable",
  ignore: Deno.build.os !== "linux",
  async fn() {
    // /dev/shm is in memory; /proc is nowhere.
    for (const path of ["/dev/shm", "/proc"]) {
      assert.equal(await mayBeFleeting(path, { isExecutable: true }), true);
      assert.equal(await mayBeFleeting(path, { isExecutable: false }), false);
    }
  },
});
