/**
 * One process of the measurement. Its argument is its task, as JSON.
 *
 * @module
 */

import { once } from "node:events";
import { stopSignals } from "../../lib/process/stop_signals.ts";
import { consume } from "./consume.ts";
import { publish } from "./publish.ts";
import type { Line, Progress, Task } from "./task.ts";

/** How often it says how far it is, in milliseconds. */
const INTERVAL = 20;

async function endOfInput(): Promise<void> {
  await Deno.stdin.readable.pipeTo(new WritableStream());
}

async function main(task: Task): Promise<void> {
  using stop = stopSignals();
  const controller = new AbortController();
  stop.received.then(() => controller.abort());
  const progress: Progress = {
    done: 0,
    isConnected: false,
    partitions: () => 0,
  };
  const encoder = new TextEncoder();

  function say(): void {
    const line: Line = {
      at: performance.timeOrigin + performance.now(),
      done: progress.done,
      partitions: progress.partitions(),
      isConnected: progress.isConnected,
    };
    try {
      Deno.stdout.writeSync(encoder.encode(`${JSON.stringify(line)}\n`));
    } catch (error) {
      // Nobody listens any more: whoever started this is gone, or ends it now.
      if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
      controller.abort();
    }
  }

  const timer = setInterval(say, INTERVAL);
  try {
    const times = { signal: controller.signal, go: endOfInput() };
    if (task.type === "publish") await publish(task, progress, times);
    else await consume(task, progress, times);
    say();
    // Who has started it may still look at what it has used.
    if (!controller.signal.aborted) await once(controller.signal, "abort");
  } finally {
    clearInterval(timer);
  }
}

await main(JSON.parse(Deno.args[0] ?? ""));
// What a library has left open does not keep the process.
Deno.exit(0);
