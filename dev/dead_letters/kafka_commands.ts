// deno-lint-ignore-file no-console -- Speaks to a person at a terminal.

/**
 * `./task dead-letters list|replay --kafka`.
 *
 * @module
 */

import { counted } from "../count.ts";
import { join } from "node:path";
import { handlers } from "../../handlers/mod.ts";
import type { Environment } from "../../lib/config/parse.ts";
import { channelOf } from "../../lib/core/event_types.ts";
import { own } from "../../lib/kafka/letter_sink.ts";
import { LETTER_HEADERS } from "../../lib/kafka/letter_sink.ts";
import { withoutPrefix } from "../../lib/eventstream/names.ts";
import { isTooLarge } from "../../lib/eventstream/letter_forms.ts";
import type { OutgoingRecord } from "../../lib/eventstream/record.ts";
import { headerOf } from "../../lib/kafka/record_arrival.ts";
import { REPLAY_HEADERS } from "../../lib/kafka/replay_headers.ts";
import { oneLine } from "../../lib/telemetry/log_format.ts";
import { connect } from "../event_client.ts";
import { connectKafka, type DevKafka } from "../kafka.ts";
import {
  readTopicLetters,
  replayMark,
  type TopicLetter,
  type TopicLetters,
  watchEnds,
} from "./kafka_letters.ts";
import { replayLetters } from "./replay.ts";
import { isWanted, type Wanted } from "./selection.ts";

/** Options of the commands. */
export interface KafkaCommandOptions {
  /** The settings. */
  readonly env: Environment;
  /** Which dead letters to select. */
  readonly wanted: Wanted;
  /** Whether to print complete dead letters as JSON. */
  readonly isJson: boolean;
  /** The service's gRPC port, for events that arrived there. */
  readonly address: string;
  /** Time limit for one event, in milliseconds. */
  readonly timeout: number;
  /** Formats a dead letter. */
  readonly textOf: (letter: TopicLetter["letter"]) => string;
}

/** Time limit for reading all dead letters, in milliseconds. */
const READ_TIMEOUT = 120_000;

/** Shows dead letters. @returns Exit code. */
export async function listKafka(options: KafkaCommandOptions): Promise<number> {
  const { isJson, textOf } = options;
  const { open, replayed, unreadable } = await read(options, () => {});
  for (const { letter } of open) {
    console.log(isJson ? JSON.stringify(letter) : textOf(letter));
  }
  if (unreadable > 0) {
    console.error(
      unreadable === 1
        ? "1 record is not a dead letter"
        : `${unreadable} records are not dead letters`,
    );
  }
  if (!isJson) {
    console.log(
      `${counted(open.length, "event")}, ${replayed} replayed before`,
    );
  }
  return 0;
}

/**
 * Replays events the way they arrived: those from topics through their topic,
 * for the service's own group only; the others through its gRPC port.
 *
 * @returns Exit code: 0 if all were sent.
 */
export async function replayKafka(
  options: KafkaCommandOptions,
): Promise<number> {
  let answers = new Map<string, number>();
  const { open } = await read(options, async (letters, kafka) => {
    answers = await replay(letters, kafka, options);
  });
  if (open.length === 0) console.log("No dead letters to replay");
  for (const [answer, count] of answers) console.log(`${answer}: ${count}`);
  const fine = (answers.get("OK") ?? 0) + (answers.get("published") ?? 0);
  return fine === open.length ? 0 : 1;
}

async function read(
  { env, wanted }: KafkaCommandOptions,
  use: (
    letters: readonly TopicLetter[],
    kafka: DevKafka,
  ) => Promise<void> | void,
): Promise<TopicLetters> {
  const ends = watchEnds();
  await using kafka = connectKafka(env, { observer: ends.observer });
  const channels = new Set(
    handlers.flatMap(({ types }) => types).map(channelOf),
  );
  const all = await readTopicLetters({
    stream: kafka.stream,
    ends,
    topics: [...channels].map((channel) => `${channel}.${suffixOf(env)}`),
    group: kafka.group,
    signal: AbortSignal.timeout(READ_TIMEOUT),
  });
  const open = all.open.filter(({ letter }) => isWanted(letter, wanted));
  await use(open, kafka);
  return { ...all, open };
}

function suffixOf(env: Environment): string {
  return /^kafka:(.+)$/.exec(env.DEAD_LETTER ?? "")?.[1] ?? "dlq";
}

async function replay(
  letters: readonly TopicLetter[],
  kafka: DevKafka,
  { address, timeout }: KafkaCommandOptions,
): Promise<Map<string, number>> {
  const answers = new Map<string, number>();
  const count = (answer: string, by = 1) =>
    answers.set(answer, (answers.get(answer) ?? 0) + by);
  const close = (letter: TopicLetter) =>
    kafka.stream.sendRecord(
      withoutPrefix(kafka.prefix, letter.record.topic),
      replayMark(letter),
      { timeout },
    );
  const byGrpc = letters.filter(({ letter }) => letter.source === "grpc");
  for (const letter of letters) {
    if (letter.letter.source === "grpc") continue;
    if (letter.letter.digest !== undefined) {
      count(NOT_KEPT);
      continue;
    }
    await sendAgain(letter, kafka, timeout);
    await close(letter);
    count("published");
  }
  if (byGrpc.length === 0) return answers;
  using client = connect(address);
  const records = new Map(byGrpc.map((each) => [each.letter, each]));
  const tallies = await replayLetters({
    letters: [...records.keys()],
    client,
    protoFolder: join(import.meta.dirname ?? ".", "..", "..", "proto"),
    replayed: {
      has: () => false,
      async add(letter) {
        const found = records.get(letter);
        if (found !== undefined) await close(found);
      },
      [Symbol.dispose]() {},
    },
    timeout,
    onAnswer() {},
    signal: new AbortController().signal,
  });
  for (const [status, { count: by, why }] of tallies) {
    count(why === "" ? status : `${status} (${oneLine(why)})`, by);
  }
  return answers;
}

/** The result for an event that its dead letter does not contain. */
const NOT_KEPT =
  "not sent (its dead letter has no payload: it did not fit the topic)";

async function sendAgain(
  { record }: TopicLetter,
  { stream, prefix, group }: DevKafka,
  timeout: number,
): Promise<void> {
  const topic = headerOf(record.headers, LETTER_HEADERS.topic) ?? "";
  const encoder = new TextEncoder();
  const again: OutgoingRecord = {
    ...(record.key !== undefined && { key: record.key }),
    ...(record.value !== undefined && { value: record.value }),
    headers: [
      ...own(record.headers),
      [REPLAY_HEADERS.replay, encoder.encode("dead-letter")],
      [REPLAY_HEADERS.group, encoder.encode(group)],
    ],
  };
  const to = withoutPrefix(prefix, topic);
  try {
    await stream.sendRecord(to, again, { timeout });
  } catch (error) {
    if (!isTooLarge(error)) throw error;
    // It fitted without the replay headers.
    await stream.sendRecord(to, again, { timeout, compress: true });
  }
}
