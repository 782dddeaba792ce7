// deno-lint-ignore-file no-console -- Speaks to a person at a terminal.

/**
 * `./task generate`: players who send events, as many and as often as you like.
 *
 * @module
 */

import { isUsageError, UsageError } from "./command_line.ts";
import { counted } from "./count.ts";
import { parseArgs } from "node:util";
// @ts-types="@types/cli-progress"
import cliProgress from "cli-progress";
import { sleep } from "../lib/core/async.ts";
import { ConfigError } from "../lib/config/parse.ts";
import {
  type ClientEntry,
  ClientEventError,
  endpointOf,
  playerToken,
  postBatch,
} from "./client_events.ts";
import { readDevSettings } from "./settings.ts";

const HELP = `Sends events as game clients do.

Usage: ./task generate [options]

  --minutes N    How long (default: 1)
  --batch N      Events of a request, 1 to 10 (default: 5)
  --players N    Players, each with a token (default: 10)
  --rate N       Events a second, of all of them (default: 50)
  --loyalty      Loyalty purchases, too
  --malformed    One event in twenty is no JSON, as in the AWS sample
  --url URL      The endpoint (default: http://localhost:HTTP_PORT/event)
  --token TOKEN  A token for all players (default: each logs in at AGS)
`;

interface Options {
  readonly minutes: number;
  readonly batch: number;
  readonly players: number;
  readonly rate: number;
  readonly loyalty: boolean;
  readonly malformed: boolean;
  readonly url: string | undefined;
  readonly token: string | undefined;
}

function parse(args: string[]): Options | undefined {
  const { values } = parseArgs({
    args,
    options: {
      help: { type: "boolean" },
      minutes: { type: "string", default: "1" },
      batch: { type: "string", default: "5" },
      players: { type: "string", default: "10" },
      rate: { type: "string", default: "50" },
      loyalty: { type: "boolean", default: false },
      malformed: { type: "boolean", default: false },
      url: { type: "string" },
      token: { type: "string" },
    },
  });
  if (values.help) return undefined;
  return {
    ...values,
    minutes: number("--minutes", values.minutes, 1_440),
    batch: whole("--batch", values.batch, 10),
    players: whole("--players", values.players, 10_000),
    rate: number("--rate", values.rate, 100_000),
    url: values.url,
    token: values.token,
  };
}

function number(name: string, text: string, max: number): number {
  const value = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && value > 0 && value <= max) return value;
  throw new UsageError(
    `${name} is "${text}": expected a number above 0, up to ${max}`,
  );
}

function whole(name: string, text: string, max: number): number {
  const value = number(name, text, max);
  if (Number.isInteger(value)) return value;
  throw new UsageError(`${name} is "${text}": expected a whole number`);
}

/** What players do, with the version of its fields. */
const ACTIONS: readonly (readonly [string, number, () => unknown])[] = [
  ["shopping", 1, () => ({ itemSku: random(100) })],
  ["searching", 1, () => ({ searchTerm: `term ${random(50)}` })],
  ["paging", 2, () => ({ page: random(20) })],
  ["purchase", 2, () => ({ itemSku: random(100) })],
];
const LOYALTY = [
  "loyaltypurchase",
  2,
  () => ({ itemSku: random(100) }),
] as const;

function random(below: number): number {
  return Math.floor(Math.random() * below);
}

function makeEntry({ loyalty, malformed }: Options): ClientEntry {
  const actions = loyalty ? [...ACTIONS, LOYALTY] : ACTIONS;
  const [eventType, schemaVersion, dataOf] = actions[random(actions.length)]!;
  const entry = JSON.stringify({ eventType, schemaVersion, data: dataOf() });
  return {
    entry: malformed && random(20) === 0 ? `${entry}}` : entry,
    eventId: crypto.randomUUID(),
  };
}

/** What became of all that was sent. */
interface Tally {
  accepted: number;
  readonly refused: Map<string, number>;
  readonly times: number[];
}

/** Latencies that are kept: of more, every other one. */
const MAX_TIMES = 1_000_000;

async function play(
  options: Options,
  env: Readonly<Record<string, string | undefined>>,
  onSent: (count: number) => void,
): Promise<Tally> {
  const { players, batch, rate, minutes } = options;
  const url = options.url ?? endpointOf(env);
  const end = performance.now() + minutes * 60_000;
  const pause = 1_000 * batch * players / rate;
  const tally: Tally = { accepted: 0, refused: new Map(), times: [] };
  const refuse = (why: string, count: number) =>
    void tally.refused.set(why, (tally.refused.get(why) ?? 0) + count);

  /** Sends until it is taken: the ids are its own, so nothing is taken twice. */
  async function sendBatch(token: string | undefined): Promise<void> {
    const entries = Array.from({ length: batch }, () => makeEntry(options));
    for (let attempt = 1; attempt <= 5; attempt++) {
      const answer = await postBatch(entries, { url, token });
      if (tally.times.length < MAX_TIMES) {
        tally.times.push(answer.milliseconds);
      }
      if (answer.status === 429 || answer.status === 503) {
        refuse(`${answer.status}, sent again`, 1);
        await sleep(answer.retryAfter ?? 1_000);
        continue;
      }
      if (answer.status !== 200) refuse(String(answer.status), batch);
      for (const { EventId, ErrorCode } of answer.entries) {
        if (EventId === undefined) refuse(ErrorCode ?? "no code", 1);
        else tally.accepted++;
      }
      return;
    }
    refuse("given up", batch);
  }

  async function player(index: number): Promise<void> {
    const name = `player-${index}`;
    const login = () => options.token ?? playerToken(env, { player: name });
    let token = await login();
    let since = performance.now();
    let next = performance.now() + pause * index / players;
    // Whoever is held up does not make up for it after the end.
    while (Math.max(next, performance.now()) < end) {
      await sleep(Math.max(0, next - performance.now()));
      // Tokens of AGS last an hour.
      if (performance.now() - since > 1_800_000) {
        token = await login();
        since = performance.now();
      }
      await sendBatch(token);
      onSent(batch);
      next += pause;
    }
  }
  await Promise.all(Array.from({ length: players }, (_, at) => player(at)));
  return tally;
}

async function generate(options: Options): Promise<number> {
  const { env } = readDevSettings();
  const bar = new cliProgress.SingleBar({
    format: "{bar} {percentage}% {value}/{total} {duration_formatted}",
    hideCursor: true,
    stream: globalThis.process?.stderr,
  }, cliProgress.Presets.shades_classic);
  bar.start(Math.ceil(options.rate * options.minutes * 60), 0);
  const start = performance.now();
  let tally: Tally;
  try {
    tally = await play(options, env, (count) => bar.increment(count));
  } finally {
    bar.stop();
  }
  const seconds = (performance.now() - start) / 1_000;
  const times = tally.times.toSorted((a, b) => a - b);
  const at = (share: number) =>
    (times[Math.ceil(times.length * share) - 1] ?? 0).toFixed(1);
  console.log(
    `${counted(tally.accepted, "event")} accepted, ${
      (tally.accepted / seconds).toFixed(1)
    }/s; p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, longest ${at(1)} ms`,
  );
  for (const [why, count] of tally.refused) console.log(`${why}: ${count}`);
  return tally.accepted > 0 ? 0 : 1;
}

function isExpected(error: unknown): error is Error {
  return isUsageError(error) || error instanceof ClientEventError ||
    error instanceof ConfigError;
}

try {
  const options = parse(Deno.args);
  if (options === undefined) console.log(HELP.trimEnd());
  else Deno.exitCode = await generate(options);
} catch (error) {
  if (!isExpected(error)) throw error;
  console.error(error.message);
  Deno.exitCode = 2;
}
