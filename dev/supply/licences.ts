/**
 * `deno task licences`: writes `docs/licences.md`, the table of all locked packages,
 * and `NOTICE`, the texts that whoever hands on the executable hands on with it.
 * Fails on a licence that is missing or not accepted.
 *
 * ```sh
 * deno task licences [--root <folder>] [--check]
 * ```
 *
 * @module
 */

import { parseArgs } from "node:util";
import { applyChanges, compareTree, describeChange } from "../gen/file_tree.ts";
import { formatFiles } from "../gen/format.ts";
import { type Output, run, UsageError } from "./_cli.ts";
import {
  ACCEPTED,
  isAccepted,
  readLicence,
  readLicenceTexts,
} from "./licence.ts";
import { type Package, readPackages, ROOT } from "./packages.ts";

/** A package, and what it says of its licence. */
export interface LicensedPackage
  extends Pick<Package, "id" | "name" | "version" | "shipped"> {
  /** An SPDX expression; `undefined` if it says nothing. */
  readonly licence: string | undefined;
  /** Its licence and notice texts. */
  readonly texts: readonly string[];
}

const COMMAND = "deno task licences";

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
[NOTICE](../NOTICE). Deno itself, which the executable carries, is under the MIT
licence, with parts under others: its repository lists them.

\`${COMMAND}\` writes this page and fails on a licence other than ${list()}.

| Package | Version | Licence | Ships |
| --- | --- | --- | --- |
${rows.join("")}`;
}

/** The texts of the packages that ship: each once, under the packages it is for. */
export function noticeText(packages: readonly LicensedPackage[]): string {
  const owners = new Map<string, string[]>();
  for (const { id, shipped, texts } of packages) {
    if (!shipped) continue;
    for (const text of texts) {
      owners.set(text, [...owners.get(text) ?? [], id]);
    }
  }
  const sections = [...owners].map(([text, ids]) =>
    `${"-".repeat(78)}\n${ids.join("\n")}\n\n${text}\n`
  );
  return `extend-event-handler-deno, under the Apache License 2.0 (LICENSE).

Its executable has code of these packages.

${sections.join("\n")}`;
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
  const packages = await Promise.all(
    (await readPackages()).all.map(async (each) => ({
      ...each,
      licence: await readLicence(each),
      texts: await readLicenceTexts(each),
    })),
  );
  const problems = licenceProblems(packages);
  if (problems.length > 0) {
    output.error(problems.join("\n"));
    return 1;
  }
  const page = "docs/licences.md";
  const formatted = await formatFiles(
    new Map([[page, licenceTable(packages)]]),
  );
  const files = new Map([...formatted, ["NOTICE", noticeText(packages)]]);
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
