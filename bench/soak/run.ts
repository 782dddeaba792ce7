/**
 * Sends events at a steady rate, and looks at the service from time to time.
 *
 * @module
 */

import { sleep } from "../../lib/core/async.ts";
import { BenchError } from "../errors.ts";
import { percentile } from "../figures.ts";
import type { ServerProcess } from "../process.ts";
import { connectLoad, type LoadConnection } from "./load.ts";
import type { Sample } from "./verdict.ts";

/** Options of {@linkcode soakEvents}. */
export interface SoakOptions {
  /** The service. */
  readonly process: Pick<ServerProcess, "usage">;
  /** Where it takes events. */
  readonly port: number;
  /** The method's path. */
  readonly path: string;
  /** The event of a number, from 1; it is used up before the next one is made. */
  readonly message: (number: number) => Uint8Array;
  /** How many. */
  readonly events: number;
  /** Events a second, at most. */
  readonly rate: number;
  /** When to stop at the latest, in seconds. */
  readonly seconds: number;
  /** Between two samples, in seconds. */
  readonly interval: number;
  /** Told of each sample. */
  readonly onSample?: (sample: Sample) => void;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/** What was seen. */
export interface SoakRun {
  /** Events answered OK. */
  readonly answered: number;
  /** How long it took, in seconds. */
  readonly seconds: number;
  /** What was seen, from time to time. */
  readonly samples: readonly Sample[];
}

/** Connections. */
const CONNECTIONS = 2;
/** Events on the way at once on each: half of what the service handles at once. */
const MAX_IN_FLIGHT = 64;
/** How often events are sent that are due, in milliseconds. */
const TICK = 4;
/** How long the last answers may take, in milliseconds. */
const LAST_ANSWERS = 30_000;

/**
 * Sends the events.
 *
 * @throws {BenchError} An event was not answered OK, or a connection ended.
 */
export async function soakEvents(options: SoakOptions): Promise<SoakRun> {
  const { port, path, process, message, rate, events, signal } = options;
  using stack = new DisposableStack();
  const samples: Sample[] = [];
  let times: number[] = [];
  let answered = 0;
  let refused = 0;
  const connections: LoadConnection[] = [];
  for (let index = 0; index < CONNECTIONS; index++) {
    connections.push(stack.use(
      await connectLoad({
        port,
        path,
        onAnswer({ isOk, milliseconds }) {
          if (isOk) answered++;
          else refused++;
          times.push(milliseconds);
        },
      }),
    ));
  }
  const start = performance.now();
  const elapsed = () => (performance.now() - start) / 1_000;
  let sent = 0;

  function sendDue(): void {
    const due = Math.min(events, elapsed() * rate);
    while (sent < due) {
      const bytes = message(sent + 1);
      const free = connections.find((connection) =>
        connection.inFlight < MAX_IN_FLIGHT && connection.hasRoom(bytes)
      );
      if (free === undefined) return;
      free.send(bytes);
      sent++;
    }
  }

  async function sample(): Promise<void> {
    const usage = await process.usage();
    if (usage === undefined) {
      throw new BenchError("Memory cannot be read here: expected Linux");
    }
    const sorted = Float64Array.from(times).sort();
    times = [];
    const { memory } = usage;
    const p99 = percentile(sorted, 99);
    // Nothing was answered: there is no such time.
    if (Number.isNaN(p99)) return;
    const seen = { seconds: elapsed(), events: answered, memory, p99 };
    samples.push(seen);
    options.onSample?.(seen);
  }

  async function run(): Promise<void> {
    let nextSample = options.interval;
    while (sent < events && elapsed() < options.seconds) {
      sendDue();
      await sleep(TICK, signal);
      if (refused > 0) {
        throw new BenchError(`${refused} events were refused: expected none`);
      }
      if (elapsed() < nextSample) continue;
      await sample();
      nextSample += options.interval;
    }
    const end = performance.now() + LAST_ANSWERS;
    while (answered < sent) {
      if (performance.now() > end || refused > 0) {
        throw new BenchError(
          `${answered} of ${sent} events were answered OK: expected all`,
        );
      }
      await sleep(TICK, signal);
    }
  }

  await Promise.race([run(), ...connections.map(({ failed }) => failed)]);
  return { answered, seconds: elapsed(), samples };
}
