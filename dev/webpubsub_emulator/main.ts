/**
 * Runs the Web PubSub emulator by itself, until SIGINT or SIGTERM:
 *
 * ```sh
 * ./task emulator:web-pubsub --upstream http://127.0.0.1:8000/upstream
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
import { startWebPubSubEmulator } from "./mod.ts";

/** Port when none is given. */
const DEFAULT_PORT = "8091";

const HELP = `Runs an emulator of Azure Web PubSub on this machine.

  --port <number>      port to listen on, 0 for any free one (default ${DEFAULT_PORT})
  --hostname <address> address to listen on (default 127.0.0.1)
  --upstream <url>     where events go; {hub} and {event} are filled in
  --anonymous          lets clients in without a token
  --help               prints this
`;

if (import.meta.main) await main(Deno.args);

async function main(args: string[]): Promise<void> {
  const options = readOptions(args);
  if (options === undefined) return;
  await using emulator = await startWebPubSubEmulator({
    ...options,
    print: (line) => console.log(line),
  });
  const { endpoint, connectionString } = emulator;
  console.log(`Web PubSub emulator listening on ${endpoint}

  Connection string: ${connectionString}
  Clients:           ${endpoint.replace("http", "ws")}/client/hubs/<hub>
  Events go to:      ${options.upstream ?? "nobody (--upstream <url>)"}
`);
  await untilStopped();
}

function readOptions(args: string[]) {
  try {
    const { values } = parseArgs({
      args,
      options: {
        port: { type: "string", default: DEFAULT_PORT },
        ...LISTEN_OPTIONS,
        upstream: { type: "string" },
        anonymous: { type: "boolean", default: false },
      },
    });
    if (values.help) {
      console.log(HELP);
      return undefined;
    }
    const { hostname, upstream, anonymous: allowAnonymous } = values;
    return {
      port: portOf(values.port),
      hostname,
      allowAnonymous,
      ...(upstream === undefined ? {} : { upstream }),
    };
  } catch (error) {
    exitForUsage(error, HELP);
  }
}
