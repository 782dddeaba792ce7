// deno-lint-ignore-file no-console -- Speaks to a person at a terminal.

/**
 * `./task record`: keeps events that really arrive at the service of `task dev`, for
 * `send --recorded`. Nothing is kept in a file while it does not run.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { counted } from "../count.ts";
import { isUsageError, UsageError } from "../command_line.ts";
import { ConfigError } from "../../lib/config/parse.ts";
import { task } from "../_command.ts";
import { connectDev, type DevClient } from "../deliveries/client.ts";
import { MAX_EVENTS } from "../deliveries/log.ts";
import { readDevSettings } from "../settings.ts";
import { createPseudonyms, eventOf } from "./recorded_event.ts";

/** Events that are recorded unless `--events` says otherwise. */
const DEFAULT_EVENTS = 1_000;
/** Largest file, in bytes. */
const MAX_BYTES = 10 * 1024 * 1024;
/** How long each question waits for events, in milliseconds. */
const WAIT = 25_000;
/** Ids that are remembered, so that an event is recorded once. */
const MAX_IDS = 10_000;

const HELP = `Records events that arrive at the service of ${task("dev")}.

Usage: ${task("record [name] [options]")}

  <name>        Writes recorded/<name>.jsonl (default: events); a file that is
                there is added to
  --events N    Ends after N events (default: ${DEFAULT_EVENTS}); at the latest at 10 MB
  --keep-ids    Keep the ids of players. Without it each gets another one, the
                same one for all events of a recording

E-mail addresses, names, texts and the like are replaced by samples. Ctrl-C ends
it. ${task("send --recorded recorded/<name>.jsonl")} sends them again.
`;

interface Options {
  readonly file: string;
  readonly events: number;
  readonly keepsIds: boolean;
}

function parse(args: string[]): Options | undefined {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      help: { type: "boolean" },
      events: { type: "string" },
      "keep-ids": { type: "boolean" },
    },
  });
  if (values.help) return undefined;
  const [name = "events", ...rest] = positionals;
  if (rest.length > 0 || !/^[\w-]{1,100}$/.test(name)) {
    throw new UsageError(
      `Name is "${positionals.join(" ")}": expected letters, digits, - and _`,
    );
  }
  const { events = String(DEFAULT_EVENTS) } = values;
  if (!/^[1-9]\d{0,6}$/.test(events)) {
    throw new UsageError(`--events is "${events}": expected a whole number`);
  }
  return {
    file: `recorded/${name}.jsonl`,
    events: Number(events),
    keepsIds: values["keep-ids"] ?? false,
  };
}

async function record(options: Options, dev: DevClient): Promise<number> {
  const { file, events } = options;
  const status = await dev.status();
  if (status === undefined) {
    console.error(`Nothing to record: start the service with ${task("dev")}`);
    return 1;
  }
  await Deno.mkdir("recorded", { recursive: true });
  using output = await Deno.open(file, { append: true, create: true });
  let bytes = (await output.stat()).size;
  let count = 0;
  let isStopped = false;
  const stop = Promise.withResolvers<undefined>();
  const onSignal = () => {
    isStopped = true;
    stop.resolve(undefined);
  };
  const signals: readonly Deno.Signal[] = Deno.build.os === "windows"
    ? ["SIGINT"]
    : ["SIGINT", "SIGTERM"];
  for (const signal of signals) Deno.addSignalListener(signal, onSignal);
  console.log(`Recording in ${file}; Ctrl-C ends it`);
  const pseudonyms = createPseudonyms();
  const encoder = new TextEncoder();
  const seen = new Set<string>();
  let { last } = status;
  while (!isStopped && count < events) {
    const notes = await Promise.race([
      stop.promise,
      dev.deliveries({ since: last, wait: WAIT }),
    ]);
    if (notes === undefined) break;
    if (notes.length === 0 && await dev.status() === undefined) {
      console.log(`${task("dev")} has ended`);
      break;
    }
    const missed = notes.length - MAX_EVENTS;
    if (missed > 0) console.log(`${missed} events came too fast`);
    for (const note of notes) {
      last = note.seq;
      const key = `${note.type} ${note.id}`;
      const event = eventOf(note);
      if (event === undefined || seen.has(key) || count >= events) continue;
      const [oldest] = seen;
      if (seen.size >= MAX_IDS && oldest !== undefined) seen.delete(oldest);
      seen.add(key);
      const kept = options.keepsIds ? event : pseudonyms.replace(event);
      const line = encoder.encode(`${JSON.stringify(kept)}\n`);
      if (bytes + line.length > MAX_BYTES) {
        console.log(`${file} is full: 10 MB`);
        isStopped = true;
        break;
      }
      await output.write(line);
      bytes += line.length;
      count++;
      console.log(`${event.type} ${event.outcome}`);
    }
  }
  for (const signal of signals) Deno.removeSignalListener(signal, onSignal);
  console.log(`Recorded ${counted(count, "event")} in ${file}`);
  return 0;
}

async function main(): Promise<number> {
  try {
    const options = parse(Deno.args);
    if (options === undefined) {
      console.log(HELP.trimEnd());
      return 0;
    }
    const { devPort } = readDevSettings();
    return await record(options, connectDev({ port: devPort }));
  } catch (error) {
    const isExpected = isUsageError(error) ||
      error instanceof ConfigError;
    if (!isExpected) throw error;
    console.error(error.message);
    return 2;
  }
}

Deno.exit(await main());
