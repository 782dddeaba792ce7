import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { run } from "../_support/process.ts";
import { testWithTool, type Tool } from "../conformance/_tools.ts";

const PROGRAM = fileURLToPath(
  new URL("testdata/fill_disk.ts", import.meta.url),
);

/** A file system of one's own, without being root. */
const UNSHARE: Tool = {
  name: "unshare with user namespaces (Debian package util-linux)",
  probes: [["unshare", "-rm", "true"]],
  isRequired: false,
};

testWithTool(
  "file inbox: a disk that is really full refuses, and all that was accepted is run",
  UNSHARE,
  async ({ command }) => {
    const folder = await Deno.makeTempDir();
    try {
      const script = 'mount -t tmpfs -o size=400k tmpfs "$1" && shift && ' +
        'exec "$@"';
      const { code, stdout, stderr } = await run(command, {
        args: [
          ...["-rm", "sh", "-c", script, "sh", folder],
          ...[Deno.execPath(), "run", "-A", "--no-prompt", PROGRAM, folder],
        ],
      });
      assert.equal(code, 0, stderr);
      const result = JSON.parse(stdout);
      assert.deepEqual(result.refusals, Array(5).fill("full"));
      assert.ok(result.accepted > 100, stdout);
      assert.equal(result.waiting, result.accepted);
      assert.equal(result.run, result.accepted);
      assert.equal(result.isWhole, true);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);
