/**
 * Writes `proto/accelbyte-asyncapi/**` from a facts file: the specification files
 * of AGS events and the properties files beside them.
 *
 * ```sh
 * deno run -RW dev/gen/protos.ts <facts file> [--only iam/account]... [--out <folder>] [--check]
 * ```
 *
 * @module
 */

import { parseArgs } from "node:util";
import { type Output, run, UsageError } from "../command_line.ts";
import { PROTO_ROOT, settle } from "./_cli.ts";
import { type FileFacts, readFacts } from "./facts.ts";
import { propertiesTexts } from "./properties_text.ts";
import { protoPath, protoText } from "./proto_text.ts";

const COMMAND = "deno run -RW dev/gen/protos.ts <facts file>";

const USAGE = `Usage: ${COMMAND} [options]
  --only <service>[/<feature>]  only these files; may be given several times
  --out <folder>                proto folder to write (default: proto/)
  --check                       write nothing, exit with 1 if files differ`;

/** Content of all files that the facts call for, by path under the proto folder. */
export function protoFiles(
  facts: readonly FileFacts[],
): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  for (const file of facts) {
    const path = protoPath(file.file);
    files.set(path, protoText(file));
    const properties = propertiesTexts(file);
    if (properties === undefined) continue;
    const stem = path.slice(0, -".proto".length);
    files.set(`${stem}.sc.properties`, properties.services);
    files.set(`${stem}.mc.properties`, properties.messages);
  }
  return files;
}

/**
 * The facts of the files under these folders, all of them if none is given.
 *
 * @param only Leading folders after `accelbyte/`: `iam`, `iam/account`.
 * @throws {UsageError} A folder has no file.
 */
export function selectFacts(
  facts: readonly FileFacts[],
  only: readonly string[],
): readonly FileFacts[] {
  if (only.length === 0) return facts;
  const wanted = only.map((part) => ({
    part,
    files: facts.filter(({ file }) => file.startsWith(`accelbyte/${part}/`)),
  }));
  const empty = wanted.find(({ files }) => files.length === 0);
  if (empty !== undefined) {
    throw new UsageError(
      `No file lies under "${empty.part}": expected folders such as "iam" or "iam/account"`,
    );
  }
  return facts.filter((file) =>
    wanted.some(({ files }) => files.includes(file))
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
  const { factsFile, only, out, check } = parseCommand(args);
  const facts = selectFacts(await readFacts(factsFile), only);
  return await settle({ files: protoFiles(facts) }, {
    root: out,
    check,
    command: COMMAND,
    output,
  });
}

function parseCommand(args: string[]) {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        only: { type: "string", multiple: true, default: [] },
        out: { type: "string", default: PROTO_ROOT },
        check: { type: "boolean", default: false },
      },
    });
    const [factsFile, ...rest] = positionals;
    if (factsFile === undefined || rest.length > 0) {
      throw new TypeError("Wanted one facts file");
    }
    return { factsFile, ...values };
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n${USAGE}`);
  }
}

if (import.meta.main) await run(main);
