/**
 * What becomes of a group that was stopped while events went on coming, and what a
 * consumer keeps in memory.
 *
 * @module
 */

import { BenchError } from "../errors.ts";
import { doneBy, newGroup, type Place } from "./measure.ts";
import { type CatchUp, catchUpOf, doneAt } from "./samples.ts";
import type { Client } from "./task.ts";
import { pause, startWorker, waitFor } from "./workers.ts";

/** Options of {@linkcode recoveryRun}. */
export interface RecoveryOptions {
  /** An empty topic. */
  readonly topic: string;
  /** Events a second that are published all the time. */
  readonly rate: number;
  /** How long the group is stopped, in seconds. */
  readonly stopped: number;
  /** How often. */
  readonly rounds: number;
}

/** Lag that is none, in seconds of publishing: events are on their way. */
const ON_THE_WAY = 0.1;
/** How long catching up may take, in milliseconds. */
const PATIENCE = 60_000;

/**
 * Stops a group of one process again and again under a steady stream of events.
 *
 * @throws {BenchError} A process failed, or the group did not catch up.
 */
export async function recoveryRun(
  { topic, rate, stopped, rounds }: RecoveryOptions,
  { brokers, signal }: Place,
): Promise<readonly CatchUp[]> {
  await using publisher = startWorker({
    type: "publish",
    brokers,
    topic,
    pace: rate,
    count: 0,
  });
  await publisher.begin();
  const group = newGroup();
  const found: CatchUp[] = [];
  let before = 0;
  // The first start is none after a stop: it is for the group to be there.
  for (let round = 0; round <= rounds; round++) {
    const startedAt = performance.timeOrigin + performance.now();
    await using consumer = startWorker({
      type: "consume",
      brokers,
      topic,
      group,
      client: "stream",
      wait: 0,
    });
    await consumer.begin();
    const caughtUp = await waitFor(() =>
      catchUpOf({
        published: publisher.track,
        before,
        handled: consumer.track,
        startedAt,
        margin: rate * ON_THE_WAY,
      }), {
      what: "the group to catch up",
      workers: [publisher, consumer],
      patience: PATIENCE,
      signal,
    });
    if (round > 0) found.push(caughtUp);
    if (round === rounds) break;
    await consumer[Symbol.asyncDispose]();
    before += doneBy([consumer]);
    await pause(stopped * 1_000, signal);
  }
  return found;
}

/** How often memory is looked at, in records' share of the run. */
const LOOKS = 40;

/** How long to look whether more comes than there is, in milliseconds. */
const AFTERMATH = 500;

/**
 * Memory of one consumer that goes through all records, in bytes: at equal distances,
 * counted in records. Empty where the system does not tell.
 *
 * @throws {BenchError} It failed, took too long, or had a record twice.
 */
export async function memoryRun(
  { topic, client, total }: {
    readonly topic: string;
    readonly client: Client;
    /** All that the topic has. */
    readonly total: number;
  },
  { brokers, signal }: Place,
): Promise<readonly number[]> {
  await using worker = startWorker({
    type: "consume",
    brokers,
    topic,
    group: newGroup(),
    client,
    wait: 0,
  });
  await worker.begin();
  const memory: number[] = [];
  for (let look = 1; look <= LOOKS; look++) {
    const wanted = Math.round(total * look / LOOKS);
    await waitFor(
      () => doneAt(Infinity, worker.track) >= wanted || undefined,
      {
        what: `${wanted} records`,
        workers: [worker],
        patience: PATIENCE,
        signal,
      },
    );
    const usage = await worker.usage();
    if (usage !== undefined) memory.push(usage.memory);
  }
  await pause(AFTERMATH, signal);
  const done = doneBy([worker]);
  if (done > total) {
    throw new BenchError(`${done} records were done: expected ${total}`);
  }
  return memory;
}
