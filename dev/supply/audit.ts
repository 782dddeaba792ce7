/**
 * `deno task x audit`: known vulnerabilities of all locked packages, those of tests
 * and tools too. Deno itself has none of its own there: its releases name them.
 *
 * ```sh
 * deno task x audit [--fail-on <severity>] [--ignore <GHSA id>] [--registry <url>]
 * ```
 *
 * Exit code 0: none. 1: found. 2: wrong arguments. 3: could not look.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { type Output, run, UsageError } from "./_cli.ts";
import {
  type Advisory,
  AdvisoryLookupError,
  findAdvisories,
  SEVERITIES,
  type Severity,
} from "./advisories.ts";
import { readLockedVersions } from "./packages.ts";

/** Exit code when the registry could not be asked: neither good nor bad news. */
export const COULD_NOT_LOOK = 3;

const USAGE = `Usage: deno task x audit [options]
  --fail-on <severity>  mildest that fails: ${
  SEVERITIES.join(", ")
} (default: low)
  --ignore <GHSA id>    one that is known not to matter; can be given again
  --registry <url>      whom to ask (default: where the packages come from)`;

/**
 * The command.
 *
 * @param args Command-line arguments.
 * @param output Where to say what was found.
 * @returns Exit code.
 * @throws {UsageError} The arguments are wrong.
 */
export async function main(
  args: string[],
  output: Output = console,
): Promise<number> {
  const { failOn, ignored, registry } = parseCommand(args);
  const locked = await readLockedVersions();
  const count = Object.values(locked.versions).flat().length;
  let advisories;
  try {
    advisories = await findAdvisories(locked.versions, {
      registry: registry ?? locked.registry,
    });
  } catch (error) {
    if (!(error instanceof AdvisoryLookupError)) throw error;
    output.error(`Could not look for vulnerabilities: ${error.message}`);
    output.error(`Nothing is known about the ${count} locked packages`);
    return COULD_NOT_LOOK;
  }
  const [failing, passing] = sortOut(advisories, { failOn, ignored });
  for (const each of passing) output.log(`passed over  ${describe(each)}`);
  for (const each of failing) output.error(describe(each));
  const verdict =
    `${count} locked packages: ${failing.length} vulnerabilities ` +
    `of severity ${failOn} or worse, ${passing.length} passed over`;
  if (failing.length > 0) {
    output.error(verdict);
    return 1;
  }
  output.log(verdict);
  return 0;
}

function sortOut(
  advisories: readonly Advisory[],
  { failOn, ignored }: {
    readonly failOn: Severity;
    readonly ignored: ReadonlySet<string>;
  },
): readonly [failing: readonly Advisory[], passing: readonly Advisory[]] {
  const isFailing = ({ severity, url }: Advisory) =>
    SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf(failOn) &&
    !ignored.has(url.split("/").at(-1) ?? url);
  return [
    advisories.filter(isFailing),
    advisories.filter((each) => !isFailing(each)),
  ];
}

function describe(advisory: Advisory): string {
  const { name, versions, severity, title, url, vulnerableVersions } = advisory;
  return `${severity}  ${name} ${
    versions.join(", ")
  } (in ${vulnerableVersions}): ` +
    `${title}\n  ${url}`;
}

function parseCommand(args: string[]) {
  try {
    const { values } = parseArgs({
      args,
      options: {
        "fail-on": { type: "string", default: "low" },
        ignore: { type: "string", multiple: true, default: [] },
        registry: { type: "string" },
      },
    });
    const failOn = SEVERITIES.find((each) => each === values["fail-on"]);
    if (failOn === undefined) {
      throw new TypeError(
        `Severity "${values["fail-on"]}" is unknown: expected one of ` +
          SEVERITIES.join(", "),
      );
    }
    if (values.registry !== undefined) new URL(values.registry);
    const { registry, ignore } = values;
    return { failOn, registry, ignored: new Set(ignore) };
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n${USAGE}`);
  }
}

if (import.meta.main) await run(main);
