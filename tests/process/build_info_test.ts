import assert from "node:assert/strict";
import { join } from "node:path";
import denoJson from "../../deno.json" with { type: "json" };
import {
  BUILD_INFO_FILE,
  readBuildInfo,
  VERSION,
} from "../../lib/process/build_info.ts";

Deno.test("the version is the one that deno.json has", () => {
  assert.equal(VERSION, denoJson.version);
});

Deno.test("a build is known by the commit that was put beside its entry point", async () => {
  const folder = await Deno.makeTempDir();
  try {
    assert.deepEqual(readBuildInfo(folder), {
      version: VERSION,
      commit: "source",
    });
    const file = join(folder, BUILD_INFO_FILE);
    await Deno.writeTextFile(file, '{"commit":"0123abc"}');
    assert.equal(readBuildInfo(folder).commit, "0123abc");
    await Deno.writeTextFile(file, "no JSON");
    assert.equal(readBuildInfo(folder).commit, "source");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
