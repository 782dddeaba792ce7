/**
 * Looks for values that match all fields and go together.
 *
 * @module
 */

import { TerminalError } from "../core/errors.ts";
import type { Conjunction, Field } from "./_conjunctions.ts";
import { type Chosen, Elements } from "./_elements.ts";
import type { Found, Membership } from "./_flatten.ts";

/** Values by their paths. */
export type Values = ReadonlyMap<string, readonly Found[]>;

/** A field, and where its values are. */
interface Candidates {
  /** Where values are that match; `undefined` if there are none. */
  readonly matching: Elements | undefined;
  /** Where any value is, for a field that may be absent. */
  readonly any: Elements | undefined;
  /** The arrays that its values, or those of a later field, are in. */
  readonly shared: ReadonlySet<number>;
}

/** How much is looked at in one event; an honest one takes a few steps a value. */
const MAX_STEPS = 2_000_000;

/** Counts what is looked at in one event. */
export type Step = (count?: number) => void;

/**
 * Counts for one event.
 *
 * @returns What throws `TerminalError` when it is too much.
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
 * Whether all fields match, each with a value that is in the same elements of arrays
 * as those of the others: else an order would match by the colour of one item and the
 * size of another. A field is absent if no value of it goes together with what the
 * fields before it matched with, in the order of their paths.
 *
 * @throws What `step` throws.
 */
export function matchesAll(
  fields: Conjunction,
  found: Values,
  step: Step,
): boolean {
  for (const { path } of fields) step(found.get(path)?.length);
  if (fields.some((field) => !canMatch(field, found))) return false;
  const candidates = prepare(fields, found);
  /** What is known not to lead anywhere, by field and elements chosen so far. */
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

/** Whether a field can match, whatever the others do. */
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
    // The arrays that a known one is in are known, too.
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
