/**
 * Finds what somebody meant to write.
 *
 * @module
 */

import { distance } from "fastest-levenshtein";

/**
 * The candidate nearest to a misspelt word, whatever its case; `undefined` when
 * there is none that resembles it.
 */
export function nearest(
  word: string,
  candidates: Iterable<string>,
): string | undefined {
  const wanted = word.toLowerCase();
  let best: string | undefined;
  // More than half of the letters wrong is another word, not a misspelling.
  let bestDistance = Math.ceil(word.length / 2);
  for (const candidate of candidates) {
    const d = distance(wanted, candidate.toLowerCase());
    if (d < bestDistance) [best, bestDistance] = [candidate, d];
  }
  return best;
}
