/**
 * One thing at a time: so many processes do so many records.
 *
 * @module
 */

import type { Usage } from "../process.ts";
import { rateOf } from "./samples.ts";
import {
  type ConsumeTask,
  isStream,
  type PublishTask,
  type Task,
} from "./task.ts";
import { startWorker, waitFor, type Worker } from "./workers.ts";

/** Where it is measured. */
export interface Place {
  /** Brokers to begin with. */
  readonly brokers: readonly string[];
  /** Ends the measurement. */
  readonly signal: AbortSignal;
}

/** What came of one run. */
export interface Run {
  /** Records a second. */
  readonly rate: number;
  /** CPU time of all processes for 1,000 records, in ms, where the system tells. */
  readonly cpu: number | undefined;
  /** Most memory of any of the processes, in bytes, where the system tells. */
  readonly peakMemory: number | undefined;
}

/** A run of consumers. */
export interface ConsumeRun
  extends Pick<ConsumeTask, "topic" | "client" | "wait"> {
  /** How many. */
  readonly processes: number;
  /** Partitions of the topic. */
  readonly partitions: number;
  /** Records after which it ends. */
  readonly total: number;
}

/** How long processes may take to start and to join, in milliseconds. */
const START_PATIENCE = 40_000;
/** How long a run may take, in milliseconds. */
const RUN_PATIENCE = 120_000;

let groups = 0;

/** A group that nobody else is in. */
export function newGroup(): string {
  return `bench-${Deno.pid}-${++groups}`;
}

/**
 * Measures publishing by one process.
 *
 * @throws {BenchError} It failed, or took too long.
 */
export async function publishRun(
  task: Pick<PublishTask, "topic" | "pace" | "count">,
  { brokers, signal }: Place,
): Promise<Run> {
  return await run([{ type: "publish", brokers, ...task }], {
    total: task.count,
    signal,
    isReady: ([worker]) => worker?.isConnected === true,
  });
}

/**
 * Measures consuming by the processes of one group, which all have partitions when the
 * first event is handled.
 *
 * @throws {BenchError} One failed, or they took too long.
 */
export async function consumeRun(
  { processes, partitions, total, ...options }: ConsumeRun,
  { brokers, signal }: Place,
): Promise<Run> {
  const task = { type: "consume", brokers, group: newGroup(), ...options };
  const share = partitions / processes;
  return await run(Array(processes).fill(task), {
    total,
    signal,
    isReady: (workers) =>
      isStream(options.client)
        ? workers.every((worker) => worker.partitions === share)
        : workers.every(({ track }) => track.length > 0),
  });
}

async function run(
  tasks: readonly Task[],
  { total, signal, isReady }: {
    readonly total: number;
    readonly signal: AbortSignal;
    readonly isReady: (workers: readonly Worker[]) => boolean;
  },
): Promise<Run> {
  await using stack = new AsyncDisposableStack();
  const workers = tasks.map((task) => stack.use(startWorker(task)));
  await waitFor(() => isReady(workers) || undefined, {
    what: `${workers.length} processes to begin`,
    workers,
    patience: START_PATIENCE,
    signal,
  });
  const before = await usageOf(workers);
  await Promise.all(workers.map((worker) => worker.begin()));
  const done = await waitFor(() => {
    const done = doneBy(workers);
    return done >= total ? done : undefined;
  }, {
    what: `${total} records`,
    workers,
    patience: RUN_PATIENCE,
    signal,
  });
  const after = await usageOf(workers);
  return {
    rate: rateOf(total, workers.map(({ track }) => track)),
    cpu: before === undefined || after === undefined
      ? undefined
      : (after.cpu - before.cpu) / done * 1_000,
    peakMemory: after?.peakMemory,
  };
}

/** Records that the processes have done together. */
export function doneBy(workers: readonly Worker[]): number {
  return workers.reduce((sum, { track }) => sum + (track.at(-1)?.done ?? 0), 0);
}

/** CPU time of all together, and most memory of any. */
async function usageOf(
  workers: readonly Worker[],
): Promise<Pick<Usage, "cpu" | "peakMemory"> | undefined> {
  const all = await Promise.all(workers.map((worker) => worker.usage()));
  const known = all.filter((usage) => usage !== undefined);
  return known.length < all.length ? undefined : {
    cpu: known.reduce((sum, { cpu }) => sum + cpu, 0),
    peakMemory: Math.max(...known.map(({ peakMemory }) => peakMemory)),
  };
}
