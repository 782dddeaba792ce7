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

/** Exit code for a command line that cannot be understood (sysexits EX_USAGE). */
const EX_USAGE = 64;

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
  await untilSignal();
}

function readOptions(
  args: string[],
): { readonly port: number; readonly hostname: string } | undefined {
  try {
    const { values } = parseArgs({
      args,
      options: {
        port: { type: "string", default: DEFAULT_PORT },
        hostname: { type: "string", default: "127.0.0.1" },
        help: { type: "boolean", default: false },
      },
    });
    if (values.help) {
      console.log(HELP);
      return undefined;
    }
    if (!/^\d{1,5}$/.test(values.port) || Number(values.port) > 65_535) {
      throw new TypeError(
        `Cannot listen on port "${values.port}": expected a number from 0 to 65535`,
      );
    }
    return { port: Number(values.port), hostname: values.hostname };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    console.error(`${error.message}\n\n${HELP}`);
    Deno.exit(EX_USAGE);
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

function untilSignal(): Promise<void> {
  return new Promise((resolve) => {
    const signals = ["SIGINT", "SIGTERM"] as const;
    function stop(): void {
      for (const signal of signals) Deno.removeSignalListener(signal, stop);
      resolve();
    }
    for (const signal of signals) Deno.addSignalListener(signal, stop);
  });
}
