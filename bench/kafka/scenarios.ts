/**
 * All that is measured, in turns: what disturbs the machine for a while disturbs all
 * sides.
 *
 * @module
 */

import {
  type ConsumeRun,
  consumeRun,
  type Place,
  publishRun,
  type Run,
} from "./measure.ts";
import { memoryRun, recoveryRun } from "./recovery.ts";
import type { CatchUp } from "./samples.ts";

/** Options of {@linkcode measureAll}. */
export interface ScenarioOptions extends Place {
  /** Makes a topic of so many partitions. */
  readonly makeTopic: (name: string, partitions: number) => Promise<string>;
  /** Records that are published, and that memory is looked at over. */
  readonly records: number;
  /** How often each side has its turn. */
  readonly rounds: number;
  /** Says what is being done. */
  readonly say: (text: string) => void;
}

/** What is measured by rounds. */
export type RunName =
  | "publish"
  | "publishSync"
  | "bareRaw"
  | "bareJson"
  | "streamRaw"
  | "stream1"
  | "stream2"
  | "stream4"
  | "wait1"
  | "wait2"
  | "wait4"
  | "wide1"
  | "wide4";

/** All that was measured. */
export interface KafkaMeasurements {
  /** Records that were published. */
  readonly records: number;
  /** Each run, by round. */
  readonly runs: Readonly<Record<RunName, readonly Run[]>>;
  /** How a group caught up that was stopped, by round. */
  readonly recoveries: readonly CatchUp[];
  /** How that was done. */
  readonly recovery: { readonly rate: number; readonly stopped: number };
  /** Memory of a consumer over all records, in bytes. */
  readonly memory: Readonly<Record<"stream" | "bareJson", readonly number[]>>;
}

/** Partitions of the topics. */
export const PARTITIONS = { narrow: 8, wide: 32 } as const;
/** How long a handler waits that does not compute, in milliseconds. */
export const WAIT = 5;

/** Events that are published one after the other, each round. */
const ONE_BY_ONE = 1_000;
/** The share of all records that is consumed each time. */
const SHARE = 0.4;
/** Events for handlers that wait, by partition: some three seconds' worth. */
const WAITED = 500;
/** Twice as many are there: partitions are not equally long. */
const WIDE_RECORDS = 2 * WAITED * PARTITIONS.wide;
/** Events a second while a group is stopped, and for how many seconds it is. */
const RECOVERY = { rate: 5_000, stopped: 10 } as const;

/**
 * Measures everything.
 *
 * @throws {BenchError} A process failed, or something took too long.
 */
export async function measureAll(
  options: ScenarioOptions,
): Promise<KafkaMeasurements> {
  const { rounds, makeTopic, say } = options;
  const published = Math.ceil(options.records / rounds);
  const records = published * rounds;
  const { narrow: partitions, wide } = PARTITIONS;
  const topic = await makeTopic("main", partitions);
  const oneByOne = await makeTopic("one-by-one", partitions);
  const wideTopic = await makeTopic("wide", wide);

  const publishing = await inTurns({ ...options, what: "Publishing" }, {
    publish: () =>
      publishRun({
        topic,
        pace: "queued",
        count: published,
      }, options),
    publishSync: () =>
      publishRun({
        topic: oneByOne,
        pace: "confirmed",
        count: ONE_BY_ONE,
      }, options),
  });

  const base = { topic, partitions, wait: 0, processes: 1 };
  const consume =
    (run: Pick<ConsumeRun, "client"> & Partial<ConsumeRun>) => () =>
      consumeRun({
        ...base,
        total: Math.floor(records * SHARE),
        ...run,
      }, options);
  const consumed = await inTurns({ ...options, what: "Consuming" }, {
    bareRaw: consume({ client: "bare-raw" }),
    streamRaw: consume({ client: "stream-raw" }),
    bareJson: consume({ client: "bare-json" }),
    stream1: consume({ client: "stream" }),
    stream2: consume({ client: "stream", processes: 2 }),
    stream4: consume({ client: "stream", processes: 4 }),
  });

  say("Publishing for handlers that wait");
  await publishRun({
    topic: wideTopic,
    pace: "queued",
    count: WIDE_RECORDS,
  }, options);
  const waiting = { client: "stream", wait: WAIT } as const;
  const narrow = { ...waiting, total: WAITED * partitions };
  const broad = {
    ...waiting,
    topic: wideTopic,
    partitions: wide,
    total: WAITED * wide,
  };
  const waited = await inTurns({ ...options, what: "Waiting handlers" }, {
    wait1: consume(narrow),
    wait2: consume({ ...narrow, processes: 2 }),
    wait4: consume({ ...narrow, processes: 4 }),
    wide1: consume(broad),
    wide4: consume({ ...broad, processes: 4 }),
  });

  say(`Stopping a group for ${RECOVERY.stopped} s, ${rounds} times`);
  const recoveries = await recoveryRun({
    topic: await makeTopic("steady", partitions),
    rounds,
    ...RECOVERY,
  }, options);

  say("Memory");
  const all = { topic, total: records };
  return {
    records,
    runs: { ...publishing, ...consumed, ...waited },
    recoveries,
    recovery: RECOVERY,
    memory: {
      stream: await memoryRun({ ...all, client: "stream" }, options),
      bareJson: await memoryRun({ ...all, client: "bare-json" }, options),
    },
  };
}

/** Lets each side have its turn, round by round, each round begun by another. */
async function inTurns<N extends string>(
  { rounds, what, say }: {
    readonly rounds: number;
    readonly what: string;
    readonly say: (text: string) => void;
  },
  sides: Readonly<Record<N, () => Promise<Run>>>,
): Promise<Record<N, readonly Run[]>> {
  const names = Object.keys(sides) as N[];
  const found: Record<string, Run[]> = Object.fromEntries(
    names.map((name) => [name, []]),
  );
  for (let round = 0; round < rounds; round++) {
    say(`${what}, round ${round + 1} of ${rounds}`);
    const first = round % names.length;
    for (const name of [...names.slice(first), ...names.slice(0, first)]) {
      found[name]?.push(await sides[name]());
    }
  }
  return found as Record<N, Run[]>;
}
