// deno-lint-ignore-file no-console -- Speaks to a person at a terminal.

/**
 * Sends many events, with a progress bar and a summary.
 *
 * @module
 */

// @ts-types="@types/cli-progress"
import cliProgress from "cli-progress";
import { detailsOf, type EventClient } from "./event_client.ts";
import type { MadeEvent, SendableEvent } from "./event_source.ts";

/** Options of {@linkcode sendMany}. */
export interface SendManyOptions {
  /** How they are sent. */
  readonly client: EventClient;
  /** Which event. */
  readonly event: SendableEvent;
  /** Makes the next one. */
  readonly make: () => MadeEvent;
  /** How many. */
  readonly repeat: number;
  /** How many a second; without it, as fast as answers come. */
  readonly rate: number | undefined;
  /** Time for one event, in milliseconds. */
  readonly timeout: number;
}

/** Events on the way at once, so that neither side's memory grows with `--repeat`. */
const MAX_IN_FLIGHT = 64;

/**
 * Sends them, and prints how many were answered how (with the details of the first
 * such answer), and how fast.
 *
 * @returns Whether all were answered OK.
 */
export async function sendMany(options: SendManyOptions): Promise<boolean> {
  const { client, event, make, repeat, rate, timeout } = options;
  const bar = new cliProgress.SingleBar({
    format: "{bar} {percentage}% {value}/{total} {duration_formatted}",
    hideCursor: true,
    stream: globalThis.process?.stderr,
  }, cliProgress.Presets.shades_classic);
  const statuses = new Map<string, { count: number; readonly why: string }>();
  const times: number[] = [];
  const inFlight = new Set<Promise<void>>();
  const start = performance.now();
  bar.start(repeat, 0);
  for (let index = 0; index < repeat; index++) {
    if (rate !== undefined) await until(start + index * 1_000 / rate);
    if (inFlight.size >= MAX_IN_FLIGHT) await Promise.race(inFlight);
    const sent = client.send(event.path, make().bytes, timeout).then(
      (answer) => {
        const seen = statuses.get(answer.status);
        if (seen !== undefined) seen.count++;
        else {statuses.set(answer.status, {
            count: 1,
            why: detailsOf(answer, event.type),
          });}
        times.push(answer.milliseconds);
        bar.increment();
        inFlight.delete(sent);
      },
    );
    inFlight.add(sent);
  }
  await Promise.all(inFlight);
  bar.stop();
  const seconds = (performance.now() - start) / 1_000;
  for (const [status, { count, why }] of statuses) {
    console.log(`${status}: ${count}${why === "" ? "" : ` (${why})`}`);
  }
  times.sort((a, b) => a - b);
  const at = (share: number) =>
    (times[Math.ceil(times.length * share) - 1] ?? 0).toFixed(1);
  console.log(
    `${(repeat / seconds).toFixed(0)} events/s, p50 ${at(0.5)} ms, p99 ${
      at(0.99)
    } ms`,
  );
  return statuses.size === 1 && statuses.has("OK");
}

async function until(time: number): Promise<void> {
  const wait = time - performance.now();
  if (wait > 1) await new Promise((resolve) => setTimeout(resolve, wait));
}
