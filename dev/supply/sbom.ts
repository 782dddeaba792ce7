/**
 * `./task x sbom`: writes what the executable is made of to `dist/sbom.cdx.json`
 * (CycloneDX 1.6). With SOURCE_DATE_EPOCH, in seconds, it bears that time; without,
 * none. The base image's own packages are not in it: an image scanner finds those.
 *
 * ```sh
 * ./task x sbom [--output <file>]
 * ```
 *
 * @module
 */

import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import denoJson from "../../deno.json" with { type: "json" };
import { type Output, run, UsageError } from "../command_line.ts";
import { makeBom } from "./cyclonedx.ts";
import { readLicence } from "./licence.ts";
import { readPackages, ROOT } from "./packages.ts";

const USAGE = `Usage: ./task x sbom [options]
  --output <file>  where it goes (default: dist/sbom.cdx.json)`;

/** Latest time that a `Date` can hold, in seconds. */
const MAX_SECONDS = 8.64e12;

/**
 * The command.
 *
 * @param args Command-line arguments.
 * @param output Where to say what was done.
 * @returns Exit code.
 * @throws {UsageError} The arguments or the time are wrong.
 */
export async function main(
  args: string[],
  output: Output = console,
): Promise<number> {
  const file = parseCommand(args);
  const timestamp = parseEpoch(Deno.env.get("SOURCE_DATE_EPOCH"));
  const { all, direct } = await readPackages();
  const packages = await Promise.all(
    all.filter(({ reachable }) => reachable)
      .map(async (each) => ({ ...each, licence: await readLicence(each) })),
  );
  const bom = makeBom({
    name: denoJson.name,
    version: denoJson.version,
    licence: denoJson.license,
    denoVersion: Deno.version.deno,
    packages,
    direct,
    ...(timestamp && { timestamp }),
  });
  await Deno.mkdir(dirname(file), { recursive: true });
  await Deno.writeTextFile(file, `${JSON.stringify(bom, null, 2)}\n`);
  const shipped = packages.filter((each) => each.shipped).length;
  output.log(
    `${file}: Deno ${Deno.version.deno} and ${shipped} packages in the executable, ` +
      `${packages.length - shipped} more that it does not need at run time`,
  );
  return 0;
}

/**
 * The time that SOURCE_DATE_EPOCH names, if it does.
 *
 * @throws {UsageError} It is no number of seconds.
 */
export function parseEpoch(value: string | undefined): Date | undefined {
  if (value === undefined || value === "") return undefined;
  if (!/^\d+$/.test(value) || Number(value) > MAX_SECONDS) {
    throw new UsageError(
      `SOURCE_DATE_EPOCH is "${value}": expected seconds since 1970`,
    );
  }
  return new Date(Number(value) * 1_000);
}

function parseCommand(args: string[]): string {
  try {
    const output = {
      type: "string",
      default: join(ROOT, "dist/sbom.cdx.json"),
    } as const;
    return parseArgs({ args, options: { output } }).values.output;
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n${USAGE}`);
  }
}

if (import.meta.main) await run(main);
