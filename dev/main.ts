// deno-lint-ignore-file no-console -- Speaks to a person at a terminal.

/**
 * `./task dev`: runs the service as in production, with the AGS emulator if
 * no AGS is configured; restarts it when a file changes.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { task } from "./_command.ts";

const HELP = `Runs the service while you write handlers.

Usage: ${task("dev [options]")}

  --kafka         Take events from Kafka, too (KAFKA_BROKERS, or localhost:9092)
  --inspect[=H:P] Let a debugger attach (default: 127.0.0.1:9229)
  --no-check      Do not check types and forgotten awaits
  --help          Show this

Without AB_BASE_URL, in the environment or .env, an emulator replaces AGS, at
EMULATOR_PORT (8090). The service restarts when a file changes; the emulator's data and
the handled events are kept until dev ends.
`;

/** Parses the command line; `undefined` for --help. */
function parse(args: readonly string[]) {
  // Node's parser has no options with an optional value.
  const isInspect = (arg: string) => /^--inspect(=|$)/.test(arg);
  const { values } = parseArgs({
    args: args.filter((arg) => !isInspect(arg)),
    options: {
      kafka: { type: "boolean" },
      "no-check": { type: "boolean" },
      help: { type: "boolean" },
    },
  });
  if (values.help) return undefined;
  return {
    flags: args.filter(isInspect),
    args: values.kafka ? ["--kafka"] : [],
    checks: !values["no-check"],
  };
}

async function dev(): Promise<number> {
  let options;
  try {
    options = parse(Deno.args);
  } catch (error) {
    if (!(error instanceof TypeError && "code" in error)) throw error;
    const unknown = /'(-[^']*|[^']*)'/.exec(error.message)?.[1] ?? "";
    console.error(`Argument "${unknown}" is unknown: see --help`);
    return 2;
  }
  if (options === undefined) {
    console.log(HELP.trimEnd());
    return 0;
  }
  // The rest takes a moment to load, and has to be downloaded the first time.
  console.log("Starting …");
  const { supervise } = await import("./supervisor/supervise.ts");
  return await supervise({
    root: fileURLToPath(new URL("..", import.meta.url)).replace(/[/\\]$/, ""),
    ...options,
  });
}

Deno.exit(await dev());
