/**
 * Extracts the values of an event that a pattern uses.
 *
 * @module
 */

import type { Leaf } from "./_operators.ts";

/** The array element that contains something, with its enclosing elements. */
export interface Membership {
  /** Identifies the array. */
  readonly array: number;
  /** The element's index. */
  readonly index: number;
  /** The element that contains the array. */
  readonly outer: Membership | undefined;
}

/** A value with its position. */
export interface Found {
  /** The value. */
  readonly value: Leaf;
  /** The innermost array element that contains its object. */
  readonly membership: Membership | undefined;
}

/** A value still to visit. */
interface Task {
  readonly value: unknown;
  readonly path: string;
  readonly membership: Membership | undefined;
  /** Its nesting depth. */
  readonly depth: number;
}

/** Deeper values are not visited; EventBridge accepts no more. */
const MAX_DEPTH = 1_000;

/** Options of {@linkcode flatten}. */
export interface FlattenOptions {
  /** The paths to extract. */
  readonly wanted: ReadonlySet<string>;
  /** The paths of their enclosing objects. */
  readonly ancestors: ReadonlySet<string>;
}

/** Extracts values by their paths. */
export function flatten(
  event: unknown,
  { wanted, ancestors }: FlattenOptions,
): ReadonlyMap<string, readonly Found[]> {
  const found = new Map<string, Found[]>();
  const tasks: Task[] = [];
  let arrays = 0;

  function look(task: Task): void {
    const { value, path, membership, depth } = task;
    if (Array.isArray(value)) {
      if (depth < MAX_DEPTH) lookAtElements(value, task);
    } else if (typeof value === "object" && value !== null) {
      if (depth < MAX_DEPTH) lookAtFields(value, task);
    } else if (wanted.has(path) && isLeaf(value)) {
      const values = found.get(path);
      if (values === undefined) found.set(path, [{ value, membership }]);
      else values.push({ value, membership });
    }
  }

  function lookAtElements(
    elements: readonly unknown[],
    { path, membership: outer, depth }: Task,
  ): void {
    const array = arrays++;
    for (const [index, value] of elements.entries()) {
      const isPlain = typeof value !== "object" || value === null;
      const membership = isPlain ? outer : { array, index, outer };
      tasks.push({ value, path, membership, depth: depth + 1 });
    }
  }

  function lookAtFields(
    object: object,
    { path: parent, membership, depth }: Task,
  ): void {
    for (const name of Object.keys(object)) {
      const path = parent === "" ? name : `${parent}.${name}`;
      if (!wanted.has(path) && !ancestors.has(path)) continue;
      const value = (object as Record<string, unknown>)[name];
      tasks.push({ value, path, membership, depth: depth + 1 });
    }
  }

  if (!Array.isArray(event)) {
    look({ value: event, path: "", membership: undefined, depth: 0 });
  }
  // Not recursive: senders choose how deep events nest.
  for (let task = tasks.pop(); task; task = tasks.pop()) look(task);
  return found;
}

function isLeaf(value: unknown): value is Leaf {
  return value === null || typeof value === "string" ||
    typeof value === "number" || typeof value === "boolean";
}
