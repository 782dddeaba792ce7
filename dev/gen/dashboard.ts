/**
 * Writes the Grafana dashboard.
 *
 * ```sh
 * ./task gen [--root <folder>] [--check]
 * ```
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type Output, run, UsageError } from "../command_line.ts";
import { settle } from "./_cli.ts";
import { DASHBOARD } from "../ops/dashboard.ts";
import { dashboardJson } from "../ops/grafana.ts";

const COMMAND = "./task gen";

const USAGE = `Usage: ${COMMAND} [options]
  --root <folder>  where the dashboards are (default: ops/grafana/dashboards)
  --check          write nothing, exit with 1 if the dashboard differs`;

/** Where Grafana finds its dashboards. */
export const DASHBOARDS: string = fileURLToPath(
  new URL("../../ops/grafana/dashboards", import.meta.url),
);

/** Content of the generated files, by path under the root. */
export function dashboardFiles(): ReadonlyMap<string, string> {
  const json = JSON.stringify(dashboardJson(DASHBOARD), null, 2);
  return new Map([["extend-event-handler.json", `${json}\n`]]);
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
  const { root, check } = parseCommand(args);
  const files = dashboardFiles();
  return await settle({ files }, { root, check, command: COMMAND, output });
}

function parseCommand(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        root: { type: "string", default: DASHBOARDS },
        check: { type: "boolean", default: false },
      },
    }).values;
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n${USAGE}`);
  }
}

if (import.meta.main) await run(main);
