// deno-lint-ignore-file no-console -- Speaks to a person at a terminal.

/**
 * `./task dead-letters`: shows dead letters, and replays them.
 *
 * @module
 */

import { isUsageError, UsageError } from "./command_line.ts";
import { counted } from "./count.ts";
import { join } from "node:path";
import { parseArgs } from "node:util";
// @ts-types="@types/cli-progress"
import cliProgress from "cli-progress";
import { ConfigError, type Environment } from "../lib/config/parse.ts";
import { EventStreamError } from "../lib/eventstream/errors.ts";
import { oneLine } from "../lib/telemetry/log_format.ts";
import {
  type KafkaCommandOptions,
  listKafka,
  replayKafka,
} from "./dead_letters/kafka_commands.ts";
import { NoLettersError } from "./dead_letters/letter_files.ts";
import { purgeLetters } from "./dead_letters/purge.ts";
import { replayLetters } from "./dead_letters/replay.ts";
import { openReplayed } from "./dead_letters/replayed.ts";
import {
  isWanted,
  type SelectedLetter,
  selectLetters,
  type Wanted,
} from "./dead_letters/selection.ts";
import { DEFAULT_LETTER_FILE } from "../lib/config/dead_letters.ts";
import { connect } from "./event_client.ts";
import { readDevSettings } from "./settings.ts";

const HELP = `Shows dead letters, and replays them.

Usage: ./task dead-letters list|replay|purge [options]

  list               Show the events whose dead letters have not been replayed
  replay             Send them to the service again; OK closes a dead letter
  purge              Remove replayed dead letters; with --all, all of them

  --type <event>     Only events of this type
  --id <id>          Only the event with this id
  --outcome <word>   Only rejected, or only exhausted events
  --json             list: one complete dead letter per line
  --all              purge: also those that have not been replayed
  --file PATH        The dead letters (default: the file that DEAD_LETTER names)
  --address H:P      replay: the service (default: localhost:GRPC_PORT)
  --timeout SECONDS  replay: time for one event (default: 30)
  --kafka            list, replay: dead letters in topics (DEAD_LETTER=kafka:SUFFIX)
`;

const COMMANDS = { list, replay, purge };

interface Options {
  readonly env: Environment;
  readonly isInTopics: boolean;
  readonly command: keyof typeof COMMANDS;
  readonly path: string;
  readonly wanted: Wanted;
  readonly isJson: boolean;
  readonly isAll: boolean;
  readonly address: string;
  readonly timeout: number;
}

function parse(args: string[]): Options | undefined {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      help: { type: "boolean" },
      type: { type: "string" },
      id: { type: "string" },
      outcome: { type: "string" },
      json: { type: "boolean" },
      all: { type: "boolean" },
      file: { type: "string" },
      address: { type: "string" },
      timeout: { type: "string" },
      kafka: { type: "boolean" },
    },
  });
  if (values.help) return undefined;
  const [command, ...rest] = positionals;
  if (!isCommand(command) || rest.length > 0) {
    throw new UsageError("Expected list, replay or purge: see --help");
  }
  const timeout = Number(values.timeout ?? "30") * 1_000;
  if (!(timeout > 0 && timeout <= 3_600_000)) {
    throw new UsageError(
      `--timeout is "${values.timeout}": expected seconds, up to 3600`,
    );
  }
  const { type, id, outcome } = values;
  const isInTopics = values.kafka ?? false;
  const { env } = readDevSettings({ hasKafka: isInTopics });
  if (isInTopics && command === "purge") {
    throw new UsageError(
      "Dead letters in topics end by the topics' own retention",
    );
  }
  return {
    env,
    isInTopics,
    command,
    path: isInTopics ? "" : values.file ?? pathOf(env),
    wanted: { type, id, outcome },
    isJson: values.json ?? false,
    isAll: values.all ?? false,
    address: values.address ?? `localhost:${env.GRPC_PORT ?? "6565"}`,
    timeout,
  };
}

function isCommand(text: string | undefined): text is keyof typeof COMMANDS {
  return text !== undefined && Object.hasOwn(COMMANDS, text);
}

function pathOf(env: Environment): string {
  const { DEAD_LETTER: name = "auto" } = env;
  if (name === "auto") return DEFAULT_LETTER_FILE;
  const [, path] = /^file:(.+)$/s.exec(name) ?? [];
  if (path !== undefined) return path;
  throw new UsageError(
    "DEAD_LETTER names no file: expected DEAD_LETTER=file:PATH, or --file PATH",
  );
}

async function list(options: Options): Promise<number> {
  if (options.isInTopics) return await listKafka(inTopics(options));
  const { path, wanted, isJson } = options;
  using replayed = await openReplayed(path);
  const { letters, unreadable, ...rest } = await selectLetters(path, {
    wanted,
    replayed,
  });
  for (const each of letters) {
    console.log(isJson ? JSON.stringify(each.letter) : textOf(each));
  }
  for (const { file, number, why } of unreadable) {
    console.error(`${file}:${number}: ${why}`);
  }
  if (!isJson) {
    console.log(
      `${counted(letters.length, "event")}, ${rest.replayed} replayed before`,
    );
  }
  return 0;
}

function inTopics(options: Options): KafkaCommandOptions {
  return { ...options, textOf: (letter) => textOf({ letter, count: 1 }) };
}

function textOf({ letter, count }: SelectedLetter): string {
  const { event, error: [error] } = letter;
  const often = count > 1 ? `, ${counted(count, "dead letter")}` : "";
  const tried = letter.attempts === 1 ? "once" : `${letter.attempts} times`;
  const why = error === undefined ? "" : `\n  ${error.name}: ${error.message}`;
  return `${letter.time}  ${oneLine(event.type)}  ${oneLine(event.id)}\n` +
    `  ${letter.outcome} (${oneLine(letter.reason)}), tried ${tried}${often}` +
    why.split("\n").map(oneLine).join("\n");
}

async function replay(options: Options): Promise<number> {
  if (options.isInTopics) return await replayKafka(inTopics(options));
  const { path, wanted, address, timeout } = options;
  using replayed = await openReplayed(path);
  const { letters } = await selectLetters(path, { wanted, replayed });
  if (letters.length === 0) {
    console.log("No dead letters to replay");
    return 0;
  }
  using client = connect(address);
  const bar = new cliProgress.SingleBar({
    format: "{bar} {percentage}% {value}/{total} {duration_formatted}",
    hideCursor: true,
    stream: globalThis.process?.stderr,
  }, cliProgress.Presets.shades_classic);
  const interrupted = new AbortController();
  const onSignal = () => interrupted.abort();
  Deno.addSignalListener("SIGINT", onSignal);
  bar.start(letters.length, 0);
  try {
    const answers = await replayLetters({
      letters: letters.map(({ letter }) => letter),
      client,
      protoFolder: join(import.meta.dirname ?? ".", "..", "proto"),
      replayed,
      timeout,
      onAnswer: () => bar.increment(),
      signal: interrupted.signal,
    });
    bar.stop();
    for (const [status, { count, why }] of answers) {
      console.log(
        `${status}: ${count}${why === "" ? "" : ` (${oneLine(why)})`}`,
      );
    }
    return answers.get("OK")?.count === letters.length ? 0 : 1;
  } finally {
    bar.stop();
    Deno.removeSignalListener("SIGINT", onSignal);
  }
}

async function purge({ path, wanted, isAll }: Options): Promise<number> {
  using replayed = await openReplayed(path);
  const count = await purgeLetters(path, {
    isGone: (letter) =>
      isWanted(letter, wanted) && (isAll || replayed.has(letter)),
  });
  console.log(`${counted(count, "dead letter")} removed`);
  return 0;
}

function isExpected(error: unknown): error is Error {
  return isUsageError(error) || error instanceof NoLettersError ||
    error instanceof ConfigError || error instanceof EventStreamError;
}

try {
  const options = parse(Deno.args);
  if (options === undefined) console.log(HELP.trimEnd());
  else Deno.exitCode = await COMMANDS[options.command](options);
} catch (error) {
  if (error instanceof Deno.errors.NotCapable) {
    console.error(
      `${
        error.message.replace(/, run again.*/s, "")
      }: expected dead letters below ` +
        `dead-letters/, where the task may write`,
    );
  } else if (isExpected(error)) console.error(error.message);
  else throw error;
  Deno.exitCode = 2;
}
