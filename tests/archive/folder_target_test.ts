import assert from "node:assert/strict";
import { join } from "node:path";
import { createArchive } from "../../lib/archive/archive.ts";
import { createFolderTarget } from "../../lib/archive/folder_target.ts";
import { clientEvent, rangeOf } from "./_range.ts";

const SIGNAL = new AbortController().signal;

async function withFolder(run: (path: string) => Promise<void>) {
  const path = await Deno.makeTempDir();
  try {
    await run(path);
  } finally {
    await Deno.remove(path, { recursive: true });
  }
}

async function filesIn(path: string): Promise<readonly string[]> {
  const files: string[] = [];
  for await (const { name, isFile } of Deno.readDir(path)) {
    if (isFile) files.push(name);
    else {files.push(...(await filesIn(join(path, name))).map((each) =>
        `${name}/${each}`
      ));}
  }
  return files.sort();
}

Deno.test("folder target: writes nothing outside of its folder, whatever events are called", async () => {
  await withFolder(async (path) => {
    const names = ["../../x", "..", "/etc/passwd", "C:\\x", "a\0b", "CON", "."];
    const target = createFolderTarget(join(path, "archive"));
    const { errors } = await createArchive({ target }).write(
      rangeOf(names.map((name) => clientEvent(name))),
      SIGNAL,
    );
    assert.equal(errors, 0);
    const files = await filesIn(path);
    assert.equal(files.length, names.length);
    for (const file of files) assert.match(file, /^archive\/[^/]+\/2\/[^/]+$/);
  });
});

Deno.test("folder target: a file is whole, is the user's own, and stays the same when it is put again", async () => {
  await withFolder(async (path) => {
    const target = createFolderTarget(path);
    const object = {
      name: "a/1/x.jsonl",
      bytes: new TextEncoder().encode("text\n"),
      contentType: "text/plain",
    };
    // What a crash left.
    await Deno.mkdir(join(path, "a/1"), { recursive: true });
    await Deno.writeTextFile(
      join(path, "a/1/x.jsonl.part"),
      "half of something",
    );
    for (let time = 0; time < 2; time++) await target.put(object, SIGNAL);
    assert.deepEqual(await filesIn(path), ["a/1/x.jsonl"]);
    const file = join(path, object.name);
    assert.equal(await Deno.readTextFile(file), "text\n");
    if (Deno.build.os !== "windows") {
      const { mode } = await Deno.stat(file);
      assert.equal((mode ?? 0) & 0o777, 0o600);
    }
  });
});

Deno.test("folder target: says that it cannot write, and why", async () => {
  await withFolder(async (path) => {
    await Deno.writeTextFile(join(path, "file"), "");
    const target = createFolderTarget(join(path, "file"));
    const object = { name: "a/x", bytes: new Uint8Array(1), contentType: "" };
    await assert.rejects(target.put(object, SIGNAL), (error: Error) => {
      assert.equal(error.name, "ArchiveTargetError");
      assert.ok(error.cause instanceof Error);
      return true;
    });
  });
});
