/**
 * Processes of a measurement, as the one that starts them has them.
 *
 * @module
 */

import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { BenchError } from "../errors.ts";
import { startProcess, type Usage } from "../process.ts";
import type { Sample, Track } from "./samples.ts";
import type { Line, Task } from "./task.ts";

/** A process that runs. Disposing ends it. */
export interface Worker extends AsyncDisposable {
  /** What it has said since it began. */
  readonly track: Track;
  /** Partitions that it has, if it consumes. */
  readonly partitions: number;
  /** Whether it has connected and only waits to begin, if it publishes. */
  readonly isConnected: boolean;
  /** Lets it begin, once. */
  begin(): Promise<void>;
  /**
   * Makes sure that it is running.
   *
   * @throws {BenchError} It has ended.
   */
  assertRunning(): void;
  /**
   * What it has used; `undefined` where the system does not tell.
   *
   * @throws {BenchError} It has ended.
   */
  usage(): Promise<Usage | undefined>;
}

const WORKER = fileURLToPath(new URL("worker.ts", import.meta.url));
const FLAGS = ["--no-prompt", "--allow-net", "--allow-read", "--allow-env"];

/** How often they are looked at, in milliseconds. */
const PAUSE = 20;

/** Starts a process. It does not begin before it is told to. */
export function startWorker(task: Task): Worker {
  const process = startProcess({
    name: task.type === "publish" ? "publisher" : "consumer",
    command: [Deno.execPath(), "run", ...FLAGS, WORKER, JSON.stringify(task)],
    env: Deno.env.toObject(),
    stdin: "piped",
    stdout: "piped",
  });
  const track: Sample[] = [];
  let last: Line | undefined;
  let hasBegun = false;
  const read = linesOf(process.stdout).pipeTo(
    new WritableStream({
      write(text) {
        const line: Line = JSON.parse(text);
        last = line;
        track.push({ at: line.at, done: line.done });
      },
    }),
  );
  return {
    track,
    get partitions() {
      return last?.partitions ?? 0;
    },
    get isConnected() {
      return last?.isConnected ?? false;
    },
    async begin() {
      if (hasBegun) return;
      hasBegun = true;
      await process.stdin.close();
    },
    assertRunning: () => process.assertRunning(),
    usage: () => process.usage(),
    async [Symbol.asyncDispose]() {
      // It ends by itself if it has failed: then nobody has its input.
      await this.begin().catch(() => {});
      await process[Symbol.asyncDispose]();
      await read;
    },
  };
}

/** Asks again and again, as long as the processes run. */
export interface WaitOptions {
  /** What is waited for, for the error's message. */
  readonly what: string;
  /** Whose work it is. */
  readonly workers: readonly Worker[];
  /** How long it may take, in milliseconds. */
  readonly patience: number;
  /** Ends the wait. */
  readonly signal: AbortSignal;
}

/**
 * Waits until there is an answer.
 *
 * @throws {BenchError} There is none in time, or a process has ended.
 */
export async function waitFor<T>(
  ask: () => T | undefined,
  { what, workers, patience, signal }: WaitOptions,
): Promise<T> {
  const end = performance.now() + patience;
  for (;;) {
    const answer = ask();
    if (answer !== undefined) return answer;
    for (const worker of workers) worker.assertRunning();
    if (performance.now() > end) {
      throw new BenchError(`Waited ${patience} ms in vain for ${what}`);
    }
    await pause(PAUSE, signal);
  }
}

/** Waits so many milliseconds. @throws {unknown} The signal's reason. */
export async function pause(time: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(time, undefined, { signal });
  } catch {
    throw signal.reason;
  }
}

function linesOf(
  output: ReadableStream<Uint8Array>,
): ReadableStream<string> {
  let rest = "";
  return output
    .pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array, string>)
    .pipeThrough(
      new TransformStream({
        transform(chunk, controller) {
          const lines = (rest + chunk).split("\n");
          rest = lines.pop() ?? "";
          for (const line of lines) controller.enqueue(line);
        },
      }),
    );
}
