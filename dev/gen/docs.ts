/**
 * Writes what the settings' table says of itself: `.env.template`,
 * `docs/settings.md`, and the permission sets of `deno.json`.
 *
 * ```sh
 * ./task gen [--root <folder>] [--check]
 * ```
 *
 * @module
 */

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { envTemplate, markdownTable } from "../../lib/config/text.ts";
import { ALL_SETTINGS } from "../all_settings.ts";
import { type Output, run, UsageError } from "../command_line.ts";
import { settle } from "./_cli.ts";
import { formatFiles } from "./format.ts";
import { withPermissions } from "./permissions.ts";

const COMMAND = "./task gen";

const USAGE = `Usage: ${COMMAND} [options]
  --root <folder>  where deno.json and the files are (default: the repository)
  --check          write nothing, exit with 1 if files differ`;

const CONFIG = "deno.json";

const HEAD = `<!-- Made by \`./task gen\`: do not edit. -->

# Settings

They come from the environment, or from a \`.env\` file (the environment wins).
\`--print-config\` shows those in force, \`--help\` explains them. All problems are
reported at once, with exit code 78.

A setting of your own is one more entry in \`handlers/settings.ts\`: handlers read it,
typed, from \`ctx.config\`. \`./task gen\` adds it here, to \`.env.template\` and to
what the tasks may read.

`;

/** There is no `deno.json` to put the permission sets into. */
export class DocsError extends Error {
  override name = "DocsError";
}

/**
 * Content of the generated files, by path under the root.
 *
 * @param config The text of `deno.json` as it is: what is not a permission stays.
 */
export async function docFiles(
  config: string,
): Promise<ReadonlyMap<string, string>> {
  const formatted = await formatFiles(
    new Map([
      ["docs/settings.md", `${HEAD}${markdownTable(ALL_SETTINGS)}`],
      [CONFIG, withPermissions(config)],
    ]),
  );
  return new Map([[".env.template", envTemplate(ALL_SETTINGS)], ...formatted]);
}

/**
 * The command.
 *
 * @param args Command-line arguments.
 * @param output Where to say what was done.
 * @returns Exit code.
 * @throws {UsageError} The arguments are wrong.
 * @throws {DocsError} There is no `deno.json`.
 */
export async function main(
  args: string[],
  output: Output = console,
): Promise<number> {
  const { root, check } = parseCommand(args);
  const files = await docFiles(await readConfig(root));
  return await settle({ files }, { root, check, command: COMMAND, output });
}

async function readConfig(root: string): Promise<string> {
  try {
    return await Deno.readTextFile(join(root, CONFIG));
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    throw new DocsError(
      `${CONFIG} does not exist: expected it in ${root}`,
      { cause },
    );
  }
}

function parseCommand(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        root: {
          type: "string",
          default: fileURLToPath(new URL("../..", import.meta.url)),
        },
        check: { type: "boolean", default: false },
      },
    }).values;
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n${USAGE}`);
  }
}

if (import.meta.main) await run(main);
