/**
 * Finds the word that was probably meant.
 *
 * @module
 */

import { distance } from "fastest-levenshtein";

/**
 * The candidate nearest to a misspelt word, ignoring case; `undefined` if none
 * resembles it.
 */
export function nearest(
  word: string,
  candidates: Iterable<string>,
): string | undefined {
  const wanted = word.toLowerCase();
  let best: string | undefined;
  // With more than half of the letters wrong it is another word, not a
  // misspelling.
  let bestDistance = Math.ceil(word.length / 2);
  for (const candidate of candidates) {
    const d = distance(wanted, candidate.toLowerCase());
    if (d < bestDistance) [best, bestDistance] = [candidate, d];
  }
  return best;
}
