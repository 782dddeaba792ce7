/**
 * Writes the TypeScript types of all events from the proto files under `proto/` and
 * the `*.sc.properties` beside them.
 *
 * ```sh
 * ./task gen [--proto <folder>] [--out <folder>] [--check]
 * ```
 *
 * @module
 */

import { join } from "node:path";
import { parseArgs } from "node:util";
import { type Output, run, UsageError } from "../command_line.ts";
import { PROTO_ROOT, settle } from "./_cli.ts";
import { EVENTS_PATH, eventsText } from "./event_text.ts";
import { listFiles } from "./file_tree.ts";
import { formatFiles } from "./format.ts";
import { JSON_TEXT } from "./json_text.ts";
import { type ProtoFile, readProtoFiles } from "./proto_source.ts";
import { JSON_PATH, TYPES_HEADER, typeTexts } from "./type_text.ts";

const COMMAND = "./task gen";

const USAGE = `Usage: ${COMMAND} [options]
  --proto <folder>  proto files to read (default: proto/)
  --out <folder>    where the types go (default: beside the proto files)
  --check           write nothing, exit with 1 if files differ`;

/**
 * Content of all generated files, formatted, by path under the proto folder.
 *
 * @param protoRoot The proto folder.
 */
export async function typeFiles(
  protoRoot: string,
): Promise<ReadonlyMap<string, string>> {
  const files = (await readProtoFiles(protoRoot)).filter(carriesEvents);
  return await formatFiles(
    new Map([
      ...typeTexts(files),
      [JSON_PATH, JSON_TEXT],
      [EVENTS_PATH, eventsText(files)],
    ]),
  );
}

/**
 * The command.
 *
 * @param args Command-line arguments.
 * @param output Where to say what was done.
 * @returns Exit code.
 * @throws {UsageError} The arguments are wrong.
 */
export async function main(
  args: string[],
  output: Output = console,
): Promise<number> {
  const { proto, out = proto, check } = parseCommand(args);
  const files = await typeFiles(proto);
  const stale = await generatedFiles(out);
  return await settle({
    files,
    stale: stale.filter((path) => !files.has(path)),
  }, { root: out, check, command: COMMAND, output });
}

/** Health and reflection, gRPC's own protocols, are nothing that handlers see. */
function carriesEvents({ package: name }: ProtoFile): boolean {
  return !name.startsWith("grpc.");
}

/** Files that this generator wrote at some time: its header tells. */
async function generatedFiles(folder: string): Promise<readonly string[]> {
  const paths = await listFiles(folder, ".ts");
  const texts = await Promise.all(
    paths.map((path) => Deno.readTextFile(join(folder, path))),
  );
  return paths.filter((_, index) => texts[index]?.startsWith(TYPES_HEADER));
}

function parseCommand(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        proto: { type: "string", default: PROTO_ROOT },
        out: { type: "string" },
        check: { type: "boolean", default: false },
      },
    }).values;
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n${USAGE}`);
  }
}

if (import.meta.main) await run(main);
