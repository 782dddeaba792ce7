/**
 * Runs the emulator by itself, until SIGINT or SIGTERM:
 *
 * ```sh
 * deno run --allow-net --allow-read=emulator dev/emulator/main.ts --port 8090
 * ```
 *
 * @module
 */

// deno-lint-ignore-file no-console -- printing is what a command is for

import { parseArgs } from "node:util";
import {
  exitForUsage,
  LISTEN_OPTIONS,
  portOf,
  untilStopped,
} from "../emulator_command.ts";
import {
  DEFAULT_CLIENT_ID,
  DEFAULT_CLIENT_SECRET,
  DEFAULT_ITEMS,
  type Emulator,
} from "./mod.ts";
import { startProjectEmulator } from "./project.ts";

/** Port when none is given. */
const DEFAULT_PORT = "8090";

const HELP = `Runs an emulator of AccelByte Gaming Services on this machine.

  --port <number>      port to listen on, 0 for any free one (default ${DEFAULT_PORT})
  --hostname <address> address to listen on; :: for all (default 127.0.0.1)
  --help               prints this
`;

if (import.meta.main) await main(Deno.args);

async function main(args: string[]): Promise<void> {
  const options = readOptions(args);
  if (options === undefined) return;
  await using project = await startProjectEmulator({
    ...options,
    folder: "emulator",
    print: (line) => console.log(line),
  });
  console.log(banner(project.emulator));
  await untilStopped();
}

function readOptions(
  args: string[],
): { readonly port: number; readonly hostname: string } | undefined {
  try {
    const { values } = parseArgs({
      args,
      options: {
        port: { type: "string", default: DEFAULT_PORT },
        ...LISTEN_OPTIONS,
      },
    });
    if (values.help) {
      console.log(HELP);
      return undefined;
    }
    return { port: portOf(values.port), hostname: values.hostname };
  } catch (error) {
    exitForUsage(error, HELP);
  }
}

function banner({ url, namespace }: Emulator): string {
  const width = Math.max(...DEFAULT_ITEMS.map(({ name }) => name.length));
  const items = DEFAULT_ITEMS.map((
    { itemId, name, itemType, entitlementType },
  ) => `  ${itemId}  ${name.padEnd(width)}  ${itemType} ${entitlementType}`);
  return [
    `AGS emulator listening on ${url}`,
    "",
    `  AB_BASE_URL=${url}`,
    `  AB_NAMESPACE=${namespace}`,
    `  AB_CLIENT_ID=${DEFAULT_CLIENT_ID}`,
    `  AB_CLIENT_SECRET=${DEFAULT_CLIENT_SECRET}`,
    "",
    "Items:",
    ...items,
    "",
    `Faults and journal: ${url}/emulator`,
  ].join("\n");
}
