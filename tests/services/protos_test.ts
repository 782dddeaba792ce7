import assert from "node:assert/strict";
import { join } from "node:path";
import { listFiles } from "../../dev/gen/file_tree.ts";
import { PROTO_ROOT } from "../../dev/gen/_cli.ts";
import { ROOT } from "../dev/_run.ts";

/** From npm, which has its executables; pinned. */
const BUF = "@bufbuild/buf@1.75.0";

/** Time for a compiler, its download included, in milliseconds. */
const TIMEOUT = 120_000;

/** A compiler that is missing is left out, and a failure where `REQUIRE_TOOLS` is 1. */
const isRequired = Deno.env.get("REQUIRE_TOOLS") === "1";

async function output(
  command: string,
  args: readonly string[],
): Promise<{ readonly success: boolean; readonly text: string }> {
  const { success, stdout, stderr } = await new Deno.Command(command, {
    args: [...args],
    cwd: ROOT,
    signal: AbortSignal.timeout(TIMEOUT),
  }).output();
  const decoder = new TextDecoder();
  return { success, text: decoder.decode(stdout) + decoder.decode(stderr) };
}

async function runs(command: string, ...args: string[]): Promise<boolean> {
  try {
    return (await output(command, args)).success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function buf(folder: string) {
  return output("npx", ["-y", BUF, "build", folder, "-o", "/dev/null"]);
}

async function protoc(folder: string) {
  const files = await listFiles(folder, ".proto");
  assert.ok(files.length > 0);
  return await output("protoc", ["-I", folder, "-o", "/dev/null", ...files]);
}

const COMPILERS = [
  { name: "buf", isThere: await runs("npx", "--version"), compile: buf },
  {
    name: "protoc",
    isThere: await runs("protoc", "--version"),
    compile: protoc,
  },
];

for (const { name, isThere, compile } of COMPILERS) {
  const ignore = !isThere && !isRequired;
  const reason = ignore ? ` (left out: ${name} is not installed)` : "";

  Deno.test({
    name: `${name} accepts all proto files together${reason}`,
    ignore,
    async fn() {
      const files = await listFiles(PROTO_ROOT, ".proto");
      assert.ok(files.length >= 45, `${files.length} files`);
      const { success, text } = await compile(PROTO_ROOT);
      assert.ok(success, text);
    },
  });

  Deno.test({
    name:
      `${name} refuses a field number that is there twice, so its yes means something${reason}`,
    ignore,
    async fn() {
      const folder = await Deno.makeTempDir();
      try {
        await Deno.writeTextFile(
          join(folder, "a.proto"),
          'syntax = "proto3";\nmessage A { string a = 1; string b = 1; }\n',
        );
        const { success, text } = await compile(folder);
        assert.ok(!success);
        assert.match(text, /a\.proto:2/);
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  });
}
