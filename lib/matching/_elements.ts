/**
 * Values by their enclosing array elements: finds values consistent with
 * earlier choices without checking all others.
 *
 * @module
 */

import type { Membership } from "./_flatten.ts";

/** The chosen element of each array. */
export type Chosen = ReadonlyMap<number, number>;

/** An array element, or the event itself. */
interface Node {
  /** The element; `undefined` for the event itself. */
  readonly membership: Membership | undefined;
  /** Whether it contains a value outside of inner arrays. */
  hasValue: boolean;
  readonly arrays: Map<number, Map<number, Node>>;
}

/** The elements that contain the values of one field. */
export class Elements {
  readonly #root: Node = node(undefined);
  readonly #nodes = new Map<Membership, Node>();
  readonly #isRelevant: (array: number) => boolean;

  /**
   * Starts without values.
   *
   * @param isRelevant Whether it matters which element of an array is chosen:
   * not if no other field has a value in it.
   */
  constructor(isRelevant: (array: number) => boolean) {
    this.#isRelevant = isRelevant;
  }

  /** Adds the position of a value. */
  add(membership: Membership | undefined): void {
    this.#nodeOf(membership).hasValue = true;
  }

  #nodeOf(membership: Membership | undefined): Node {
    // From the inside out to a known element, then back: arrays nest deeply.
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
   * Positions of values that are consistent with the choices.
   *
   * @param step Called for each visited element; may throw.
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
