/**
 * Makes a function of a pattern.
 *
 * What matches is what Amazon's own matcher (event-ruler) says, but for patterns that
 * look like one thing and match another: those are refused.
 *
 * @module
 */

import { compileConjunctions } from "./_conjunctions.ts";
import { flatten } from "./_flatten.ts";
import { countSteps, matchesAll } from "./_search.ts";

/**
 * Compiles a pattern, once and for all.
 *
 * @param pattern A pattern as {@linkcode FieldsPattern} describes it, from anywhere.
 * @returns Whether an event, as JSON has it, matches. Throws `TerminalError` for one
 * that is made to take for ever.
 * @throws {PatternError} The pattern makes no sense, or not what it looks like.
 */
export function compilePattern(
  pattern: unknown,
): (event: unknown) => boolean {
  const ways = compileConjunctions(pattern);
  const paths = ways.flatMap((fields) => fields.map(({ path }) => path));
  const wanted = new Set(paths);
  const ancestors = new Set(paths.flatMap(ancestorsOf));
  return (event) => {
    const found = flatten(event, { wanted, ancestors });
    const step = countSteps();
    return ways.some((fields) => matchesAll(fields, found, step));
  };
}

/** The paths of what a field may be in: names may have dots, too. */
function ancestorsOf(path: string): readonly string[] {
  return [...path.matchAll(/\./g)].map(({ index }) => path.slice(0, index));
}
