// deno-lint-ignore-file no-console -- Speaks to a person at a terminal.

/**
 * Sends many events, with a progress bar and a summary.
 *
 * @module
 */

// @ts-types="@types/cli-progress"
import cliProgress from "cli-progress";
import type { DevClient } from "./deliveries/client.ts";
import { MAX_NOTES } from "./deliveries/log.ts";
import { detailsOf, type EventClient } from "./event_client.ts";
import type { MadeEvent, SendableEvent } from "./event_source.ts";

/** Options of {@linkcode sendMany}. */
export interface SendManyOptions {
  /** How they are sent. */
  readonly client: EventClient;
  /** `task dev` of this machine, whether it runs or not. */
  readonly dev: DevClient;
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

/** How long a note may be on its way once its event was answered, in milliseconds. */
const NOTE_TIME = 1_000;

/** Events on the way at once, so that neither side's memory grows with `--repeat`. */
const MAX_IN_FLIGHT = 64;

/**
 * Sends them, and prints how many were answered how (with the details of the first
 * such answer), and how fast.
 *
 * @returns Whether all were answered OK.
 */
export async function sendMany(options: SendManyOptions): Promise<boolean> {
  const { client, dev, event, make, repeat, rate, timeout } = options;
  const before = await dev.status();
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
  if (before?.state === "running" && statuses.has("OK")) {
    const text = await outcomesText(dev, {
      since: before.last,
      type: event.type,
      count: repeat,
    });
    if (text !== "") console.log(text);
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

/** How many were handled, skipped and so on, as far as `task dev` tells of all. */
async function outcomesText(
  dev: DevClient,
  { since, type, count }: {
    readonly since: number;
    readonly type: string;
    readonly count: number;
  },
): Promise<string> {
  if (count > MAX_NOTES) return "";
  const counts = new Map<string, number>();
  for (let at = since, left = count; left > 0;) {
    const notes = await dev.deliveries({ since: at, type, wait: NOTE_TIME });
    for (const { outcome } of notes) {
      counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
    }
    const last = notes.at(-1);
    if (last === undefined) break;
    at = last.seq;
    left -= notes.length;
  }
  return [...counts].map(([outcome, many]) => `${outcome}: ${many}`)
    .join(", ");
}

async function until(time: number): Promise<void> {
  const wait = time - performance.now();
  if (wait > 1) await new Promise((resolve) => setTimeout(resolve, wait));
}
