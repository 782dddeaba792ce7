/**
 * What many figures say together.
 *
 * @module
 */

/** The middle one; the mean of the two middle ones when their number is even. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const [low = NaN, high = NaN] = [Math.floor(middle), Math.ceil(middle)]
    .map((index) => sorted[index]);
  return (low + high) / 2;
}

/**
 * The smallest value that `percent` of all values are not above (nearest rank).
 *
 * @param sorted In ascending order.
 */
export function percentile(
  sorted: ArrayLike<number>,
  percent: number,
): number {
  const rank = Math.ceil((percent / 100) * sorted.length);
  return sorted[Math.max(rank, 1) - 1] ?? NaN;
}

/** Two sides, measured in turns. */
export interface Pair<T> {
  /** The bare server. */
  readonly baseline: T;
  /** The service. */
  readonly service: T;
}

/** One figure of both sides. */
export interface Comparison extends Pair<number> {
  /** The service's figure by the baseline's, of each round: the middle one. */
  readonly ratio: number;
  /** The smallest of those ratios. */
  readonly lowest: number;
  /** The largest of those ratios. */
  readonly highest: number;
}

/**
 * Compares the sides round by round: what disturbs the machine for a while disturbs
 * both.
 */
export function compare(rounds: readonly Pair<number>[]): Comparison {
  const ratios = rounds.map(({ baseline, service }) => service / baseline);
  return {
    baseline: median(rounds.map(({ baseline }) => baseline)),
    service: median(rounds.map(({ service }) => service)),
    ratio: median(ratios),
    lowest: Math.min(...ratios),
    highest: Math.max(...ratios),
  };
}
