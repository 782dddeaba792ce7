/**
 * `./task x licences`: writes `docs/licences.md`, the table of all locked packages.
 * Fails on a licence that is missing or not accepted.
 *
 * ```sh
 * ./task x licences [--root <folder>] [--check]
 * ```
 *
 * @module
 */

import { parseArgs } from "node:util";
import { applyChanges, compareTree, describeChange } from "../gen/file_tree.ts";
import { formatFiles } from "../gen/format.ts";
import { type Output, run, UsageError } from "../command_line.ts";
import { ACCEPTED, isAccepted } from "./licence.ts";
import { type LicensedPackage, licensedPackages } from "./notice.ts";
import { ROOT } from "./packages.ts";

const COMMAND = "./task x licences";

const USAGE = `Usage: ${COMMAND} [options]
  --root <folder>  where the files go (default: the repository)
  --check          write nothing, exit with 1 if files differ`;

/** One line for each package whose licence is not accepted. */
export function licenceProblems(
  packages: readonly LicensedPackage[],
): readonly string[] {
  return packages.flatMap(({ id, licence, shipped, texts }) => {
    if (licence === undefined) {
      return `${id} names no licence: expected one of ${list()}`;
    }
    if (!isAccepted(licence)) {
      return `${id} has the licence "${licence}": expected one of ${list()}`;
    }
    return shipped && texts.length === 0
      ? `${id} ships, but has no licence text: expected a file LICENSE`
      : [];
  });
}

/** The table of all packages, as Markdown. */
export function licenceTable(packages: readonly LicensedPackage[]): string {
  const rows = packages.map(({ name, version, licence, shipped }) =>
    `| \`${name}\` | ${version} | ${licence} | ${shipped ? "yes" : "no"} |\n`
  );
  return `# Licences

The packages that \`deno.lock\` pins. Those with code in the executable ship; the others
are for types, tests and tools. The texts of those that ship are in
the file NOTICE, which \`./task compile\` writes beside the executable. Deno itself, which the executable carries, is under the MIT
licence, with parts under others: its repository lists them.

\`${COMMAND}\` writes this page and fails on a licence other than ${list()}.

| Package | Version | Licence | Ships |
| --- | --- | --- | --- |
${rows.join("")}`;
}

/**
 * The command.
 *
 * @param args Command-line arguments.
 * @param output Where to say what was done.
 * @returns Exit code: 1 if a licence is not accepted or files differ.
 * @throws {UsageError} The arguments are wrong.
 */
export async function main(
  args: string[],
  output: Output = console,
): Promise<number> {
  const { root, check } = parseCommand(args);
  const packages = await licensedPackages();
  const problems = licenceProblems(packages);
  if (problems.length > 0) {
    output.error(problems.join("\n"));
    return 1;
  }
  const page = "docs/licences.md";
  const files = await formatFiles(
    new Map([[page, licenceTable(packages)]]),
  );
  const changes = await compareTree(root, { files });
  if (!check) await applyChanges(root, { files }, changes);
  else if (changes.length > 0) {
    output.error(changes.map(describeChange).join("\n"));
    output.error(`Licences have changed: run \`${COMMAND}\``);
    return 1;
  }
  output.log(`${packages.length} packages, all with accepted licences`);
  return 0;
}

function list(): string {
  return [...ACCEPTED].join(", ");
}

function parseCommand(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        root: { type: "string", default: ROOT },
        check: { type: "boolean", default: false },
      },
    }).values;
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n${USAGE}`);
  }
}

if (import.meta.main) await run(main);
