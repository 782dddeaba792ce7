/**
 * From what processes say while they work to rates: they count, this puts the counts
 * together.
 *
 * @module
 */

import { BenchError } from "../errors.ts";
import { median } from "../figures.ts";

/** How much a process, or all of them, had done at one time. */
export interface Sample {
  /** The time, in milliseconds since the epoch. */
  readonly at: number;
  /** Records done by then. */
  readonly done: number;
}

/** Samples in order of their time. */
export type Track = readonly Sample[];

/** What all processes had done together, each time one of them spoke. */
export function together(tracks: readonly Track[]): Track {
  const last = tracks.map(() => 0);
  let done = 0;
  return tracks
    .flatMap((track, index) => track.map((sample) => ({ ...sample, index })))
    .sort((a, b) => a.at - b.at)
    .map((sample) => {
      done += sample.done - (last[sample.index] ?? 0);
      last[sample.index] = sample.done;
      return { at: sample.at, done };
    });
}

/**
 * When so many were done, in milliseconds since the epoch: between two samples, as if
 * they were done evenly.
 *
 * @throws {BenchError} There never were so many.
 */
export function timeOf(done: number, track: Track): number {
  const index = track.findIndex((sample) => sample.done >= done);
  const after = track[index];
  if (after === undefined) {
    throw new BenchError(
      `${track.at(-1)?.done ?? 0} records were done: expected ${done}`,
    );
  }
  const before = track[index - 1];
  if (before === undefined || after.done === done) return after.at;
  const share = (done - before.done) / (after.done - before.done);
  return before.at + share * (after.at - before.at);
}

/** How many were done at a time. What happened since the last sample is not known. */
export function doneAt(at: number, track: Track): number {
  return track.findLast((sample) => sample.at <= at)?.done ?? 0;
}

/** Records before which nothing is measured: what waited at the start, and warm-up. */
const SKIPPED = 0.1;

/**
 * Records a second, from a tenth of all to the last.
 *
 * @throws {BenchError} Not all were done.
 */
export function rateOf(total: number, tracks: readonly Track[]): number {
  const track = together(tracks);
  const first = Math.round(SKIPPED * total);
  const time = timeOf(total, track) - timeOf(first, track);
  return (total - first) / time * 1_000;
}

/** How a group that had stopped caught up. */
export interface CatchUp {
  /** Records that waited when it was started again. */
  readonly backlog: number;
  /** From its start to its first record, in seconds. */
  readonly firstAfter: number;
  /** From its start until it had caught up, in seconds. */
  readonly caughtUpAfter: number;
  /** Records a second that it handled from the first until then. */
  readonly rate: number;
}

/** What {@linkcode catchUpOf} looks at. */
export interface CatchUpOptions {
  /** Published since the beginning. */
  readonly published: Track;
  /** Handled since the beginning by those before. */
  readonly before: number;
  /** Handled by the one that was started again, from nothing. */
  readonly handled: Track;
  /** When it was started, in milliseconds since the epoch. */
  readonly startedAt: number;
  /** Records that are on their way at any time: so few are no lag. */
  readonly margin: number;
}

/** How a group caught up; `undefined` as long as it has not. */
export function catchUpOf(options: CatchUpOptions): CatchUp | undefined {
  const { published, before, handled, startedAt, margin } = options;
  const first = handled.findIndex(({ done }) => done > 0);
  const caughtUp = handled.find(({ at, done }, index) =>
    first >= 0 && index >= first &&
    doneAt(at, published) - before - done <= margin
  );
  if (caughtUp === undefined) return undefined;
  // The first sample that has records tells when they were done, the one before when
  // there were none yet.
  const firstAt = handled[Math.max(0, first - 1)]?.at ?? startedAt;
  return {
    backlog: doneAt(startedAt, published) - before,
    firstAfter: (firstAt - startedAt) / 1_000,
    caughtUpAfter: (caughtUp.at - startedAt) / 1_000,
    rate: caughtUp.done / (caughtUp.at - firstAt) * 1_000,
  };
}

/** Memory over a run. */
export interface Growth {
  /** In its second quarter, in bytes; in the first, memory fills. */
  readonly early: number;
  /** In its last quarter, in bytes. */
  readonly late: number;
}

/**
 * Memory in the second and the last quarter of a run: the middle figures.
 *
 * @param memory In bytes, in equal distances.
 */
export function growthOf(memory: readonly number[]): Growth {
  if (memory.length < 8) {
    throw new BenchError(
      `Memory was looked at ${memory.length} times: expected 8 or more`,
    );
  }
  const quarter = Math.floor(memory.length / 4);
  return {
    early: median(memory.slice(quarter, 2 * quarter)),
    late: median(memory.slice(-quarter)),
  };
}
