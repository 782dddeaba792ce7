// deno-lint-ignore-file no-console -- Speaks to a person at a terminal.

/**
 * `./task x soak`: whether the service stays as it is over a million events, all of
 * them different.
 *
 * @module
 */

import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { isExpected } from "../arguments.ts";
import { findEvent, makeEvent } from "../../dev/event_source.ts";
import { stopSignals } from "../../lib/process/stop_signals.ts";
import { BenchError } from "../errors.ts";
import { EVENT_TYPE, NAMESPACE, PROTO_FOLDER, REPOSITORY } from "../scene.ts";
import { startBackend, startService } from "../servers.ts";
import { numbered } from "./numbered.ts";
import { plot } from "./plot.ts";
import { soakEvents, type SoakRun } from "./run.ts";
import { soakSvg } from "./svg.ts";
import { judge, type Sample, verdictText } from "./verdict.ts";

const HELP = `Sends a million events, all different, and watches the service.

Usage: ./task x soak [options]

  --events N     How many events (default: 1000000)
  --rate R       Events a second (default: 2000)
  --duration S   Stop after so many seconds, whatever is left
  --svg FILE     Where the drawing goes (default: dist/soak.svg)
  --json         Print the samples as JSON

The service runs as \`./task start\` does, with the memory store: it is full after
50,000 events, and forgets from then on. Exits with 0 when its memory is flat, with 1
when it grows or an event was not handled, with 3 when the run was too short to say.
`;

interface Options {
  readonly events: number;
  readonly rate: number;
  readonly seconds: number;
  readonly svg: string;
  readonly isJson: boolean;
}

function parse(args: string[]): Options | undefined {
  const { values } = parseArgs({
    args,
    options: {
      help: { type: "boolean" },
      events: { type: "string", default: "1000000" },
      rate: { type: "string", default: "2000" },
      duration: { type: "string", default: "86400" },
      svg: { type: "string", default: join(REPOSITORY, "dist/soak.svg") },
      json: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  return {
    events: integer("--events", values.events),
    rate: integer("--rate", values.rate),
    seconds: integer("--duration", values.duration),
    svg: values.svg,
    isJson: values.json,
  };
}

/** Ids of events have this many places, less one, for the number. */
const MOST = 1_000_000_000;

function integer(name: string, text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && value <= MOST) return value;
  throw new BenchError(
    `${name} is "${text}": expected a whole number from 1 to ${MOST}`,
  );
}

/** Samples of a run, about. */
const SAMPLES = 144;
/** The shortest time between two of them, in seconds. */
const LEAST_INTERVAL = 0.5;

async function soak(options: Options, signal: AbortSignal): Promise<SoakRun> {
  const { events, rate, seconds } = options;
  const event = findEvent(PROTO_FOLDER, EVENT_TYPE);
  const make = (id: string) =>
    makeEvent(event, {
      namespace: NAMESPACE,
      json: undefined,
      sets: [`id=${id}`],
      isOneOfMany: false,
    }).bytes;
  const message = numbered(make);
  await using stack = new AsyncDisposableStack();
  const backend = stack.use(await startBackend(signal));
  const service = stack.use(
    await startService({
      agsUrl: backend.url,
      event: { path: event.path, bytes: message(0) },
      settings: { IDEMPOTENCY_STORE: "memory" },
      signal,
    }),
  );
  const run = await soakEvents({
    process: service.process,
    port: Number(service.address.split(":").at(-1)),
    path: event.path,
    message,
    events,
    rate,
    seconds,
    interval: Math.max(
      LEAST_INTERVAL,
      Math.min(events / rate, seconds) / SAMPLES,
    ),
    onSample: progress(options),
    signal,
  });
  const { grants } = await backend.journal();
  if (grants !== run.answered) {
    throw new BenchError(
      `AGS has granted ${grants} items for ${run.answered} events: expected one each`,
    );
  }
  return run;
}

/** Says how far it is, where there is somebody to read it. */
function progress({ events }: Options): (sample: Sample) => void {
  if (!Deno.stderr.isTerminal()) return () => {};
  return (sample) => {
    const share = (100 * sample.events / events).toFixed(0);
    const memory = (sample.memory / 1e6).toFixed(0);
    const text = `${share} %  ${sample.events} events  ${memory} MB  ` +
      `p99 ${sample.p99.toFixed(1)} ms`;
    Deno.stderr.writeSync(new TextEncoder().encode(`\r\x1b[K${text}`));
  };
}

async function main(options: Options): Promise<number> {
  using stop = stopSignals();
  const controller = new AbortController();
  stop.received.then((signal) =>
    controller.abort(new BenchError(`Stopped by ${signal}`))
  );
  const { answered, seconds, samples } = await soak(options, controller.signal);
  const verdict = judge(samples);
  await Deno.mkdir(dirname(options.svg), { recursive: true });
  await Deno.writeTextFile(options.svg, soakSvg(samples));
  if (options.isJson) {
    console.log(JSON.stringify({ verdict, seconds, samples }, null, 2));
  } else {
    console.log([
      "",
      plot(samples.map(({ memory }) => memory / 1e6), {
        title: "Memory (RSS), MB",
      }),
      "",
      plot(samples.map(({ p99 }) => p99), { title: "p99, ms" }),
      "",
      `${answered} events in ${seconds.toFixed(0)} s, ` +
      `${(answered / seconds).toFixed(0)} a second; drawing: ${options.svg}`,
      verdictText(verdict),
    ].join("\n"));
  }
  return EXIT_CODES[verdict.kind];
}

const EXIT_CODES = { flat: 0, growing: 1, unknown: 3 };

try {
  const options = parse(Deno.args);
  if (options === undefined) console.log(HELP.trimEnd());
  else Deno.exitCode = await main(options);
} catch (error) {
  if (!isExpected(error)) throw error;
  console.error(error.message);
  Deno.exitCode = 1;
}
