/**
 * Expands a pattern into alternatives, each of which is a list of fields.
 *
 * @module
 */

import { isObject } from "../core/is_object.ts";
import { compileItem, isOperator, type Item } from "./_operators.ts";
import { fieldName, PatternError } from "./errors.ts";

/** A field that must match. */
export interface Field {
  /** Its name, after the names of its enclosing fields, separated by dots. */
  readonly path: string;
  /** Items, one of which must match. */
  readonly items: readonly Item[];
}

/** Fields that must all match, in the order of their paths. */
export type Conjunction = readonly Field[];

/** The most alternatives of a pattern, as in EventBridge. */
const MAX_WAYS = 1_000;

/**
 * Compiles a pattern.
 *
 * @throws {PatternError} It is invalid.
 */
export function compileConjunctions(pattern: unknown): readonly Conjunction[] {
  return compileFields(pattern, "").map((fields) =>
    fields.toSorted((a, b) => a.path < b.path ? -1 : 1)
  );
}

function compileFields(
  pattern: unknown,
  path: string,
): readonly Conjunction[] {
  if (!isObject(pattern)) {
    throw new PatternError(
      `${
        fieldName(path)
      } is compared with nothing: expected an array of what it ` +
        "may be, or an object of fields",
    );
  }
  const entries = Object.entries(pattern);
  if (entries.length === 0) {
    throw new PatternError(`${fieldName(path)} is empty: expected fields`);
  }
  return entries.map(([name, value]) => compileField(name, value, path))
    .reduce((ways, more) => bothOf(ways, more, path), [[]]);
}

function compileField(
  name: string,
  value: unknown,
  parent: string,
): readonly Conjunction[] {
  if (name === "$or" && isAlternatives(value)) {
    const ways = value.flatMap((each) => compileFields(each, parent));
    return bounded(ways, parent);
  }
  const path = parent === "" ? name : `${parent}.${name}`;
  if (!Array.isArray(value)) return compileFields(value, path);
  if (value.length === 0) {
    throw new PatternError(
      `${fieldName(path)} may be nothing: expected at least one item`,
    );
  }
  return [[{ path, items: value.map((item) => compileItem(item, path)) }]];
}

/** Otherwise it is a field that happens to be called `$or`. */
function isAlternatives(value: unknown): value is readonly unknown[] {
  return Array.isArray(value) && value.length > 1 &&
    value.every((each) =>
      isObject(each) && !Object.keys(each).some(isOperator)
    );
}

/** All combinations of two lists of alternatives. */
function bothOf(
  some: readonly Conjunction[],
  others: readonly Conjunction[],
  path: string,
): readonly Conjunction[] {
  if (some.length * others.length > MAX_WAYS) throw tooMany(path);
  return some.flatMap((one) =>
    others.map((other) => {
      const paths = new Set(one.map((field) => field.path));
      const twice = other.find((field) => paths.has(field.path));
      if (twice === undefined) return [...one, ...other];
      // In EventBridge the later one wins, so that the rule matches more than
      // it says.
      throw new PatternError(
        `${
          fieldName(twice.path)
        } occurs twice, within "$or" and beside it or ` +
          "under two names: expected each field once in each way to match",
      );
    })
  );
}

function bounded(
  ways: readonly Conjunction[],
  path: string,
): readonly Conjunction[] {
  if (ways.length > MAX_WAYS) throw tooMany(path);
  return ways;
}

function tooMany(path: string): PatternError {
  return new PatternError(
    `${
      fieldName(path)
    } can match in more than ${MAX_WAYS} ways: expected fewer ` +
      'alternatives in "$or"',
  );
}
