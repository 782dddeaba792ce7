/**
 * The values of an event that a pattern asks for.
 *
 * @module
 */

import type { Leaf } from "./_operators.ts";

/** Which element of an array something is in, and of those that the array is in. */
export interface Membership {
  /** Tells arrays apart. */
  readonly array: number;
  /** The element's place. */
  readonly index: number;
  /** What the array is in. */
  readonly outer: Membership | undefined;
}

/** A value, and where it was found. */
export interface Found {
  /** The value. */
  readonly value: Leaf;
  /** The innermost array that the object which has it is in. */
  readonly membership: Membership | undefined;
}

/** What is left to look at. */
interface Task {
  readonly value: unknown;
  readonly path: string;
  readonly membership: Membership | undefined;
  /** How many objects and arrays it is in. */
  readonly depth: number;
}

/** What is in more objects and arrays is not looked at; EventBridge takes no more. */
const MAX_DEPTH = 1_000;

/** Options of {@linkcode flatten}. */
export interface FlattenOptions {
  /** The paths that are asked for. */
  readonly wanted: ReadonlySet<string>;
  /** The paths of what they are in. */
  readonly ancestors: ReadonlySet<string>;
}

/** Finds values by their paths. */
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
  // Not recursive: events nest as deep as senders like.
  for (let task = tasks.pop(); task; task = tasks.pop()) look(task);
  return found;
}

function isLeaf(value: unknown): value is Leaf {
  return value === null || typeof value === "string" ||
    typeof value === "number" || typeof value === "boolean";
}
