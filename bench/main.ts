// deno-lint-ignore-file no-console -- Speaks to a person at a terminal.

/**
 * `./task bench`: the service against a bare gRPC server that makes the same
 * request for each event and does nothing else.
 *
 * Only the ratios mean anything: the figures are those of this machine, today.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { findEvent, makeEvent } from "../dev/event_source.ts";
import { stopSignals } from "../lib/process/stop_signals.ts";
import { integer, isExpected } from "./arguments.ts";
import { BenchError } from "./errors.ts";
import { assertLoadTool, writeBody } from "./load.ts";
import { measureFiles, measureLoad, measureStarts } from "./measure.ts";
import { type Measurements, report, reportText } from "./report.ts";
import { EVENT_TYPE, NAMESPACE, PROTO_FOLDER, USER_ID } from "./scene.ts";
import { splitCommand, startBackend } from "./servers.ts";

const HELP = `Compares the service with a bare gRPC server. Needs h2load.

Usage: ./task bench [options]

  --requests N         Events of each load (default: 10000)
  --rounds R           Loads of each side at full speed (default: 5)
  --only start|load    Measure only this
  --service "command"  Measure this command in place of \`./task start\`; it gets
                       its settings from the environment
  --json               Print the report as JSON

Exits with 0 whether the budgets are met or not.
`;

interface Options {
  readonly requests: number;
  readonly rounds: number;
  readonly only: "start" | "load" | undefined;
  readonly command: readonly string[] | undefined;
  readonly isJson: boolean;
}

function parse(args: string[]): Options | undefined {
  const { values } = parseArgs({
    args,
    options: {
      help: { type: "boolean" },
      requests: { type: "string", default: "10000" },
      rounds: { type: "string", default: "5" },
      only: { type: "string" },
      service: { type: "string" },
      json: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  const { only, service } = values;
  if (only !== undefined && only !== "start" && only !== "load") {
    throw new BenchError(`--only is "${only}": expected start or load`);
  }
  return {
    requests: integer("--requests", values.requests, [100, 1_000_000]),
    rounds: integer("--rounds", values.rounds, [1, 1_000]),
    only,
    command: service === undefined ? undefined : splitCommand(service),
    isJson: values.json,
  };
}

async function measure(
  { requests, rounds, only, command }: Options,
  signal: AbortSignal,
): Promise<Measurements> {
  if (only !== "start") await assertLoadTool();
  await using stack = new AsyncDisposableStack();
  const folder = stack.adopt(
    await Deno.makeTempDir(),
    (path) => Deno.remove(path, { recursive: true }),
  );
  const { path, message, type } = findEvent(PROTO_FOLDER, EVENT_TYPE);
  const { bytes } = makeEvent({ path, message, type }, {
    namespace: NAMESPACE,
    json: undefined,
    sets: [`userId=${USER_ID}`],
    isOneOfMany: false,
  });
  await writeBody(folder, bytes);
  const backend = stack.use(await startBackend(signal));
  const options = {
    agsUrl: backend.url,
    backend,
    event: { path, bytes },
    command,
    folder,
    requests,
    rounds,
    signal,
    say: (text: string) => console.error(text),
  };
  return {
    isOtherCommand: command !== undefined,
    requests,
    ...(only !== "load" && {
      starts: await measureStarts(options),
      files: await measureFiles(options),
    }),
    ...(only !== "start" && { load: await measureLoad(options) }),
  };
}

async function main(options: Options): Promise<number> {
  using stop = stopSignals();
  const controller = new AbortController();
  stop.received.then((signal) =>
    controller.abort(new BenchError(`Stopped by ${signal}`))
  );
  const measurements = await measure(options, controller.signal);
  const found = report(measurements);
  console.log(
    options.isJson
      ? JSON.stringify({ ...found, ...measurements }, null, 2)
      : `\n${reportText(found)}`,
  );
  return 0;
}

try {
  const options = parse(Deno.args);
  if (options === undefined) console.log(HELP.trimEnd());
  else Deno.exitCode = await main(options);
} catch (error) {
  if (!isExpected(error)) throw error;
  console.error(error.message);
  Deno.exitCode = 1;
}
