/**
 * Delivers events as AGS's connector does: in batches, at least once, and a whole
 * batch again when one of its events was answered with a code that says "later".
 *
 * @module
 */

import { sleep } from "../../lib/core/async.ts";
import type { NumberedEvent } from "./events.ts";

/** One delivery of an event. */
export interface Attempt {
  /** The connection it goes over, from 0. */
  readonly line: number;
  /** How often its batch was delivered before. */
  readonly round: number;
}

/** Delivers one event. Resolves with the name of the gRPC status, whatever it is. */
export type Deliver = (
  event: NumberedEvent,
  attempt: Attempt,
) => Promise<string>;

/** Options of {@linkcode deliverAll}. */
export interface ConnectorOptions {
  /** How one event is delivered. */
  readonly deliver: Deliver;
  /** Events in a batch. @default {50} */
  readonly batchSize?: number;
  /** Connections; each has one batch at a time. @default {2} */
  readonly lines?: number;
  /** Times that a batch is delivered at most until it is given up. @default {500} */
  readonly maxRounds?: number;
  /** How often a finished batch is delivered again, by its index. @default {never} */
  readonly replays?: (batch: number) => number;
  /** Whether each event goes over two connections at once. @default {false} */
  readonly isTwice?: boolean;
  /** Longest pause before a batch is delivered again, in milliseconds. @default {500} */
  readonly maxPause?: number;
  /** Ends it: what is not done then stays unfinished. */
  readonly signal: AbortSignal;
}

/** What became of one event, as far as its caller knows. */
export interface Delivered {
  /** The event. */
  readonly event: NumberedEvent;
  /** How often it was delivered. */
  deliveries: number;
  /** How often it was answered OK. */
  oks: number;
  /** Whether its batch was given up. */
  isUnfinished: boolean;
}

/**
 * Codes after which a batch comes again: those that say so, and those of a caller
 * that did not wait for the answer.
 */
const RETRIABLE: ReadonlySet<string> = new Set([
  "UNAVAILABLE",
  "RESOURCE_EXHAUSTED",
  "INTERNAL",
  "UNKNOWN",
  "CANCELLED",
  "DEADLINE_EXCEEDED",
]);

/** Whether an event with this answer comes again. */
export function isRetriable(status: string): boolean {
  return RETRIABLE.has(status);
}

/** The first pause before a batch is delivered again, in milliseconds; it doubles. */
const FIRST_PAUSE = 20;

/** Delivers all events until each is done, or its batch is given up. */
export async function deliverAll(
  events: readonly NumberedEvent[],
  options: ConnectorOptions,
): Promise<readonly Delivered[]> {
  const { batchSize = 50, lines = 2, isTwice = false } = options;
  const { deliver, replays = () => 0, signal } = options;
  const { maxRounds = 500, maxPause = 500 } = options;
  const all: Delivered[] = events.map((event) => ({
    event,
    deliveries: 0,
    oks: 0,
    isUnfinished: false,
  }));
  const batches = chunk(all, batchSize);
  let next = 0;

  async function send(each: Delivered, attempt: Attempt): Promise<string> {
    each.deliveries++;
    const status = await deliver(each.event, attempt);
    if (status === "OK") each.oks++;
    return status;
  }

  /** Delivers a batch once; whether it is done. */
  async function round(
    batch: readonly Delivered[],
    { line, round }: Attempt,
  ): Promise<boolean> {
    const over = isTwice ? [line, (line + 1) % lines] : [line];
    const statuses = await Promise.all(
      batch.flatMap((each) => over.map((line) => send(each, { line, round }))),
    );
    return !statuses.some(isRetriable);
  }

  async function finish(
    batch: readonly Delivered[],
    line: number,
  ): Promise<boolean> {
    for (let rounds = 0; rounds < maxRounds && !signal.aborted; rounds++) {
      if (await round(batch, { line, round: rounds })) return true;
      if (signal.aborted) break;
      const pause = Math.min(maxPause, FIRST_PAUSE * 2 ** rounds);
      // Ended meanwhile: what the loop looks at next.
      await sleep(pause, signal).catch(() => {});
    }
    return false;
  }

  async function work(line: number): Promise<void> {
    for (let index = next++; index < batches.length; index = next++) {
      const batch = batches[index] ?? [];
      for (let times = 0; times <= replays(index); times++) {
        if (await finish(batch, line)) continue;
        for (const each of batch) each.isUnfinished = true;
      }
    }
  }

  await Promise.all(Array.from({ length: lines }, (_, line) => work(line)));
  return all;
}

function chunk<T>(items: readonly T[], size: number): readonly T[][] {
  return Array.from(
    { length: Math.ceil(items.length / size) },
    (_, index) => items.slice(index * size, (index + 1) * size),
  );
}
