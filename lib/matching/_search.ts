/**
 * Searches for values that match all fields consistently.
 *
 * @module
 */

import { TerminalError } from "../core/errors.ts";
import type { Conjunction, Field } from "./_conjunctions.ts";
import { type Chosen, Elements } from "./_elements.ts";
import type { Found, Membership } from "./_flatten.ts";

/** Values by their paths. */
export type Values = ReadonlyMap<string, readonly Found[]>;

/** A field with the positions of its values. */
interface Candidates {
  /** Positions of matching values; `undefined` if there are none. */
  readonly matching: Elements | undefined;
  /** Positions of all values, for a field that may be absent. */
  readonly any: Elements | undefined;
  /** The arrays that contain its values and those of a later field. */
  readonly shared: ReadonlySet<number>;
}

/** The most steps per event; an honest one takes a few steps per value. */
const MAX_STEPS = 2_000_000;

/** Counts the steps for one event. */
export type Step = (count?: number) => void;

/**
 * Creates a counter for one event.
 *
 * @returns A function that throws `TerminalError` at the limit.
 */
export function countSteps(): Step {
  let steps = 0;
  return (count = 1) => {
    steps += count;
    if (steps <= MAX_STEPS) return;
    throw new TerminalError(
      "Event has too many arrays in arrays to be compared with a pattern",
    );
  };
}

/**
 * Whether all fields match with values from the same array elements: otherwise
 * an order would match by the colour of one item and the size of another. A
 * field is absent if none of its values is consistent with the matches of the
 * fields before it, in path order.
 *
 * @throws The error of `step`.
 */
export function matchesAll(
  fields: Conjunction,
  found: Values,
  step: Step,
): boolean {
  for (const { path } of fields) step(found.get(path)?.length);
  if (fields.some((field) => !canMatch(field, found))) return false;
  const candidates = prepare(fields, found);
  /** Choices known to fail, by field and chosen elements. */
  const failed = fields.map(() => new Set<string>());

  function matchesFrom(index: number, chosen: Chosen): boolean {
    const candidate = candidates[index];
    if (candidate === undefined) return true;
    step(chosen.size);
    const key = keyOf(chosen, candidate.shared);
    if (failed[index]?.has(key)) return false;
    if (isAbsent(candidate, chosen) && matchesFrom(index + 1, chosen)) {
      return true;
    }
    for (const each of candidate.matching?.consistent(chosen, step) ?? []) {
      if (matchesFrom(index + 1, choose(chosen, each))) return true;
    }
    failed[index]?.add(key);
    return false;
  }

  function isAbsent({ any }: Candidates, chosen: Chosen): boolean {
    if (any === undefined) return false;
    return any.consistent(chosen, step).next().done === true;
  }

  return matchesFrom(0, new Map());
}

/** Whether a field can match on its own. */
function canMatch(field: Field, found: Values): boolean {
  return field.items.some(({ kind }) => kind === "absent") ||
    (found.get(field.path) ?? []).some(({ value }) =>
      matchesValue(field, value)
    );
}

/** Sorts the values of each field. */
function prepare(
  fields: Conjunction,
  found: Values,
): readonly Candidates[] {
  const arrays = fields.map(({ path }) => arraysOf(found.get(path) ?? []));
  const isRelevant = (array: number) =>
    arrays.filter((each) => each.has(array)).length > 1;
  const shared = new Set<number>();
  const candidates: Candidates[] = [];
  for (const [index, field] of [...fields.entries()].reverse()) {
    for (const array of arrays[index] ?? []) shared.add(array);
    const values = found.get(field.path) ?? [];
    const matching = elementsOf(
      values.filter(({ value }) => matchesValue(field, value)),
      isRelevant,
    );
    const any = field.items.some(({ kind }) => kind === "absent")
      ? elementsOf(values, isRelevant) ?? new Elements(isRelevant)
      : undefined;
    candidates.push({ matching, any, shared: new Set(shared) });
  }
  return candidates.reverse();
}

function matchesValue({ items }: Field, value: Found["value"]): boolean {
  return items.some((item) => item.kind === "value" && item.matches(value));
}

function arraysOf(values: readonly Found[]): ReadonlySet<number> {
  const arrays = new Set<number>();
  for (const { membership } of values) {
    // The enclosing arrays of a known one are known, too.
    for (
      let each = membership;
      each !== undefined && !arrays.has(each.array);
      each = each.outer
    ) arrays.add(each.array);
  }
  return arrays;
}

function elementsOf(
  values: readonly Found[],
  isRelevant: (array: number) => boolean,
): Elements | undefined {
  if (values.length === 0) return undefined;
  const elements = new Elements(isRelevant);
  for (const { membership } of values) elements.add(membership);
  return elements;
}

function choose(chosen: Chosen, membership: Membership | undefined): Chosen {
  if (membership === undefined) return chosen;
  const more = new Map(chosen);
  for (
    let each: Membership | undefined = membership;
    each !== undefined;
    each = each.outer
  ) more.set(each.array, each.index);
  return more;
}

function keyOf(chosen: Chosen, arrays: ReadonlySet<number>): string {
  if (chosen.size === 0) return "";
  const parts: string[] = [];
  for (const [array, index] of chosen) {
    if (arrays.has(array)) parts.push(`${array}:${index}`);
  }
  return parts.sort().join();
}
