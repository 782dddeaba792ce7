/**
 * Failed entries: one log for each length of their wait.
 *
 * All entries of such a log wait equally long, so that the first one is due first:
 * whatever fails, only the head of each log is in memory. And an entry that fails for
 * hours keeps no segment of accepted entries from being deleted.
 *
 * @module
 */

/** Waits between the runs of an entry, in milliseconds: 1 s to 1 h, then 1 h again. */
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
 * Which of the waits a failed entry has.
 *
 * @param failures How often it failed, from 1.
 * @param retryAfter The shortest wait that is of use, in milliseconds. Longer than the
 * longest wait counts as that: who asks for it may be wrong.
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
