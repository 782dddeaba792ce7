import assert from "node:assert/strict";
import { join } from "node:path";
import { listFiles } from "../../dev/gen/file_tree.ts";
import { PROTO_ROOT } from "../../dev/gen/_cli.ts";
import { wellKnownTypes } from "../_support/well_known_types.ts";
import { NPX, PROTOC, testWithTool, type Tool } from "../conformance/_tools.ts";
import { ROOT } from "../dev/_run.ts";
import { PATIENCE } from "../_support/patience.ts";

/** From npm, which has its executables; pinned. */
const BUF = "@bufbuild/buf@1.75.0";

/** Time for a compiler, its download included, in milliseconds. */
const TIMEOUT = PATIENCE;

interface Compiler {
  readonly name: string;
  readonly tool: Tool;
  /** Its arguments, for files in a folder and a folder for its own. */
  args(folder: string, own: string): Promise<readonly string[]>;
}

const COMPILERS: readonly Compiler[] = [
  {
    name: "buf",
    tool: NPX,
    args: (folder) =>
      Promise.resolve(["-y", BUF, "build", folder, "-o", "/dev/null"]),
  },
  {
    name: "protoc",
    tool: PROTOC,
    args: async (folder, own) => [
      await wellKnownTypes(join(own, "known.binpb")),
      ...["-I", folder, "-o", "/dev/null"],
      ...await listFiles(folder, ".proto"),
    ],
  },
];

for (const { name, tool, args } of COMPILERS) {
  const compile = async (command: string, folder: string) => {
    const own = await Deno.makeTempDir();
    try {
      const { success, stdout, stderr } = await new Deno.Command(command, {
        args: [...await args(folder, own)],
        cwd: ROOT,
        signal: AbortSignal.timeout(TIMEOUT),
      }).output();
      const decoder = new TextDecoder();
      return { success, text: decoder.decode(stdout) + decoder.decode(stderr) };
    } finally {
      await Deno.remove(own, { recursive: true });
    }
  };

  testWithTool(
    `${name} accepts all proto files together`,
    tool,
    async ({ command }) => {
      const files = await listFiles(PROTO_ROOT, ".proto");
      assert.ok(files.length >= 45, `${files.length} files`);
      const { success, text } = await compile(command, PROTO_ROOT);
      assert.ok(success, text);
    },
  );

  testWithTool(
    `${name} refuses a field number that is there twice, so its yes means something`,
    tool,
    async ({ command }) => {
      const folder = await Deno.makeTempDir();
      try {
        await Deno.writeTextFile(
          join(folder, "a.proto"),
          'syntax = "proto3";\nmessage A { string a = 1; string b = 1; }\n',
        );
        const { success, text } = await compile(command, folder);
        assert.ok(!success);
        assert.match(text, /a\.proto:2/);
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  );
}
