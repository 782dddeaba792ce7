/**
 * Whether memory grows.
 *
 * @module
 */

import { median } from "../figures.ts";

/** What was seen at one time. */
export interface Sample {
  /** Since the start, in seconds. */
  readonly seconds: number;
  /** Events answered until then. */
  readonly events: number;
  /** The service's memory (RSS), in bytes. */
  readonly memory: number;
  /** Time that 99 of 100 answers since the last sample took at most, in ms. */
  readonly p99: number;
}

/** What the samples say. */
export interface Verdict {
  /** `flat` or `growing`; `unknown` when there is too little to say. */
  readonly kind: "flat" | "growing" | "unknown";
  /** How much memory grows with each event after the warm-up, in bytes. */
  readonly bytesPerEvent: number;
  /** The middle of the memory after the warm-up, in bytes. */
  readonly memory: number;
  /** The most of it at any time, in bytes. */
  readonly peakMemory: number;
  /** The middle of the p99 after the warm-up, in milliseconds. */
  readonly p99: number;
  /** Events after the warm-up. */
  readonly events: number;
}

/**
 * What is warm-up: twice the events that the memory store holds, so that it is full
 * and has begun to forget.
 */
export const WARM_UP_EVENTS = 100_000;

/** Samples after the warm-up that it takes to say anything. */
const LEAST_SAMPLES = 10;

/** What a collector of garbage moves to and fro is no growth, in bytes. */
const NOISE = 10_000_000;

/** Judges a run. */
export function judge(samples: readonly Sample[]): Verdict {
  const counted = samples.filter(({ events }) => events >= WARM_UP_EVENTS);
  const memories = counted.map(({ memory }) => memory);
  const events = (counted.at(-1)?.events ?? 0) - (counted[0]?.events ?? 0);
  const bytesPerEvent = slope(
    counted.map(({ events, memory }) => [events, memory] as const),
  );
  const growth = bytesPerEvent * events;
  return {
    kind: counted.length < LEAST_SAMPLES
      ? "unknown"
      : growth <= NOISE
      ? "flat"
      : "growing",
    bytesPerEvent,
    memory: median(memories),
    peakMemory: Math.max(...samples.map(({ memory }) => memory)),
    p99: median(counted.map(({ p99 }) => p99)),
    events,
  };
}

/** The slope of the line that is closest to all points (least squares). */
export function slope(
  points: readonly (readonly [x: number, y: number])[],
): number {
  const mean = (values: readonly number[]) =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const x = mean(points.map(([x]) => x));
  const y = mean(points.map(([, y]) => y));
  const sum = (each: (dx: number, dy: number) => number) =>
    points.reduce(
      (total, point) => total + each(point[0] - x, point[1] - y),
      0,
    );
  return sum((dx, dy) => dx * dy) / sum((dx) => dx * dx);
}

/** The verdict in one line. */
export function verdictText(verdict: Verdict): string {
  const { kind, bytesPerEvent, memory, peakMemory, p99, events } = verdict;
  if (kind === "unknown") {
    return `Too short to say whether memory grows: expected ${LEAST_SAMPLES} ` +
      `samples after the first ${WARM_UP_EVENTS} events`;
  }
  const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(0)} MB`;
  const growth = (bytesPerEvent * 1e5 / 1e6).toFixed(1);
  return `Memory is ${kind}: ${growth} MB per 100,000 events over ` +
    `${events} events after the warm-up, ${megabytes(memory)} in the middle, ` +
    `${megabytes(peakMemory)} at most; p99 ${p99.toFixed(1)} ms`;
}
