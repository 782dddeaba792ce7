/**
 * Compiles patterns to functions.
 *
 * Results equal those of Amazon's own matcher (event-ruler), but patterns that
 * match something other than they appear to are refused.
 *
 * @module
 */

import { compileConjunctions } from "./_conjunctions.ts";
import { flatten } from "./_flatten.ts";
import { countSteps, matchesAll } from "./_search.ts";

/**
 * Compiles a pattern once.
 *
 * @param pattern A pattern as described by {@linkcode FieldsPattern}, from any
 * source.
 * @returns Whether an event, as JSON, matches. Throws `TerminalError` for an
 * event designed to take for ever.
 * @throws {PatternError} The pattern is invalid or misleading.
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

/**
 * The paths of a field's possible enclosing objects: names may contain dots,
 * too.
 */
function ancestorsOf(path: string): readonly string[] {
  return [...path.matchAll(/\./g)].map(({ index }) => path.slice(0, index));
}
