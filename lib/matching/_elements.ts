/**
 * Values by the elements of arrays that they are in: finds those that go together
 * with what was chosen before, without looking at all the others.
 *
 * @module
 */

import type { Membership } from "./_flatten.ts";

/** Which element of which array was chosen. */
export type Chosen = ReadonlyMap<number, number>;

/** An element of an array, or the event itself. */
interface Node {
  /** What it is an element of; `undefined` for the event itself. */
  readonly membership: Membership | undefined;
  /** Whether a value is in it, and in no array within it. */
  hasValue: boolean;
  readonly arrays: Map<number, Map<number, Node>>;
}

/** The elements that the values of one field are in. */
export class Elements {
  readonly #root: Node = node(undefined);
  readonly #nodes = new Map<Membership, Node>();
  readonly #isRelevant: (array: number) => boolean;

  /**
   * Knows of no value yet.
   *
   * @param isRelevant Whether it matters which element of an array is chosen: not if
   * no other field has a value in it.
   */
  constructor(isRelevant: (array: number) => boolean) {
    this.#isRelevant = isRelevant;
  }

  /** Adds where a value is. */
  add(membership: Membership | undefined): void {
    this.#nodeOf(membership).hasValue = true;
  }

  #nodeOf(membership: Membership | undefined): Node {
    // From the inside out until something is known, and back: arrays nest deeply.
    const unknown: Membership[] = [];
    let known = this.#root;
    for (let each = membership; each !== undefined; each = each.outer) {
      const found = this.#nodes.get(each);
      if (found !== undefined) {
        known = found;
        break;
      }
      unknown.push(each);
    }
    for (const each of unknown.reverse()) {
      if (this.#isRelevant(each.array)) known = childOf(known, each);
      this.#nodes.set(each, known);
    }
    return known;
  }

  /**
   * Where values are that go together with what was chosen.
   *
   * @param step Called for each element that is looked at; may throw.
   */
  *consistent(
    chosen: Chosen,
    step: () => void,
  ): Generator<Membership | undefined> {
    const nodes = [this.#root];
    for (let each = nodes.pop(); each !== undefined; each = nodes.pop()) {
      step();
      if (each.hasValue) yield each.membership;
      for (const [array, elements] of each.arrays) {
        const index = chosen.get(array);
        if (index === undefined) {
          for (const element of elements.values()) nodes.push(element);
        } else {
          const element = elements.get(index);
          if (element !== undefined) nodes.push(element);
        }
      }
    }
  }
}

function node(membership: Membership | undefined): Node {
  return { membership, hasValue: false, arrays: new Map() };
}

function childOf(parent: Node, membership: Membership): Node {
  const { array, index } = membership;
  let elements = parent.arrays.get(array);
  if (elements === undefined) {
    elements = new Map();
    parent.arrays.set(array, elements);
  }
  let child = elements.get(index);
  if (child === undefined) {
    child = node({ array, index, outer: parent.membership });
    elements.set(index, child);
  }
  return child;
}
