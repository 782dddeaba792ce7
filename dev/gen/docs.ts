/**
 * Writes what the settings' table says of itself: `.env.template`, and the README's
 * table between the marks `<!-- config:start -->` and `<!-- config:end -->`.
 *
 * ```sh
 * deno task gen [--root <folder>] [--check]
 * ```
 *
 * @module
 */

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { envTemplate, markdownTable } from "../../lib/config/text.ts";
import { type Output, run, settle, UsageError } from "./_cli.ts";
import { formatFiles } from "./format.ts";

const COMMAND = "deno task gen";

const USAGE = `Usage: ${COMMAND} [options]
  --root <folder>  where README.md and .env.template are (default: the repository)
  --check          write nothing, exit with 1 if files differ`;

const README = "README.md";
const START = "<!-- config:start -->";
const END = "<!-- config:end -->";

/** The README has no place for the table. */
export class DocsError extends Error {
  override name = "DocsError";
}

/**
 * Content of the generated files, by path under the root.
 *
 * @param readme The README as it is: what is outside the marks stays.
 * @throws {DocsError} The marks are not there once each, in order.
 */
export async function docFiles(
  readme: string,
): Promise<ReadonlyMap<string, string>> {
  const [before, rest, ...extra] = readme.split(START);
  const [, after, ...more] = rest?.split(END) ?? [];
  if (
    after === undefined || before?.includes(END) ||
    extra.length + more.length > 0
  ) {
    throw new DocsError(
      `${README} has no one place for the settings: expected one line ${START} ` +
        `and, below it, one line ${END}`,
    );
  }
  return new Map([
    [".env.template", envTemplate()],
    [README, `${before}${START}\n\n${await table()}\n${END}${after}`],
  ]);
}

/** The table, its columns aligned as `deno fmt` has them. */
async function table(): Promise<string> {
  const path = "table.md";
  const formatted = await formatFiles(new Map([[path, markdownTable()]]));
  return formatted.get(path) ?? "";
}

/**
 * The command.
 *
 * @param args Command-line arguments.
 * @param output Where to say what was done.
 * @returns Exit code.
 * @throws {UsageError} The arguments are wrong.
 * @throws {DocsError} There is no README, or it has no place for the table.
 */
export async function main(
  args: string[],
  output: Output = console,
): Promise<number> {
  const { root, check } = parseCommand(args);
  const files = await docFiles(await readReadme(root));
  return await settle({ files }, { root, check, command: COMMAND, output });
}

async function readReadme(root: string): Promise<string> {
  try {
    return await Deno.readTextFile(join(root, README));
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    throw new DocsError(
      `${README} does not exist: expected it in ${root}, with the lines ${START} ` +
        `and ${END}`,
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
