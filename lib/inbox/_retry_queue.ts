/**
 * Failed entries: one log for each delay.
 *
 * All entries of such a log wait equally long, so that the first one is due
 * first: however many fail, only the head of each log is in memory. And an
 * entry that fails for hours does not keep a segment of accepted entries from
 * being deleted.
 *
 * @module
 */

/**
 * Delays between the runs of an entry, in milliseconds: 1 s to 1 h, then 1 h
 * each.
 */
export const RETRY_DELAYS: readonly number[] = [
  1_000,
  5_000,
  30_000,
  120_000,
  600_000,
  1_800_000,
  3_600_000,
];

/**
 * Chooses the delay of a failed entry.
 *
 * @param failures How often it failed, from 1.
 * @param retryAfter The shortest useful delay, in milliseconds. It is capped at
 * the longest delay, because it may be a mistake.
 * @returns Its index.
 */
export function chooseDelay(
  delays: readonly number[],
  failures: number,
  retryAfter = 0,
): number {
  const last = delays.length - 1;
  const own = Math.min(failures - 1, last);
  const asked = delays.findIndex((delay) => delay >= retryAfter);
  return Math.max(own, asked < 0 ? last : asked);
}
