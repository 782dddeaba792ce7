/**
 * Estimates the memory of parsed JSON from its bytes.
 *
 * @module
 */

/**
 * The most that values take in V8, in bytes. Each was measured:
 * `tests/core/json_cost_test.ts` parses the most expensive values and compares.
 */
export interface JsonCosts {
  /** An object, without its members. */
  readonly object: number;
  /** An array, without its elements. */
  readonly array: number;
  /** A value: its slot, and a number or a string header. */
  readonly value: number;
}

/** The result of `JSON.parse()`. */
export const PARSED_JSON: JsonCosts = { object: 64, array: 56, value: 40 };

/** A member that gives its object a new shape. */
const NEW_SHAPE = 144;

/**
 * Per byte, for the content of all strings: one non-Latin character makes all
 * of a string two bytes wide.
 */
const BYTE = 2;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const [ZERO, NINE] = [0x30, 0x39];

/** The number of shapes remembered; beyond it, some are counted again. */
const SHAPES = 4_096;
const shapes = new Int32Array(SHAPES);

/** Marks an array on the stack of open shapes; no shape is negative. */
const LIST = -1;

/**
 * Estimates the memory of JSON without parsing it. The estimate is meaningless
 * for invalid JSON: the parser stops at the error.
 *
 * @param json UTF-8.
 * @param costs The cost of each value. @default {that of `JSON.parse()`}
 * @returns Bytes, an upper estimate without the text itself.
 */
export function jsonCost(
  json: Uint8Array,
  costs: JsonCosts = PARSED_JSON,
): number {
  const { length } = json;
  // A random start keeps the shapes of other texts apart, and unpredictable.
  const noMembers = (Math.random() * 2 ** 31) | 0;
  /**
   * Shapes of the enclosing objects, as far as their members have been read.
   */
  const outer: number[] = [];
  let shape = LIST;
  let isKey = false;
  let cost = costs.value + BYTE * length;
  for (let at = 0; at < length; at++) {
    switch (json[at]) {
      case QUOTE: {
        const start = at + 1;
        if (!isKey) {
          at = endOfString(json, start);
          break;
        }
        isKey = false;
        // As in V8: a shape plus a key gives another shape.
        for (at = start; at < length && json[at] !== QUOTE; at++) {
          if (json[at] === BACKSLASH) at++;
          shape = Math.imul(shape ^ json[at]!, 0x01000193) & 0x7fffffff;
        }
        shape = (shape ^ shape >>> 15) * 31 & 0x7fffffff;
        const first = json[start]!;
        if (
          shapes[shape % SHAPES] === shape && (first < ZERO || first > NINE)
        ) {
          cost += costs.value;
        } else {
          cost += NEW_SHAPE;
          shapes[shape % SHAPES] = shape;
        }
        break;
      }
      case 0x2c: // ,
        if (shape === LIST) cost += costs.value;
        else isKey = true;
        break;
      case 0x5b: // [
        // The first element has no comma.
        cost += costs.array + costs.value;
        outer.push(shape);
        shape = LIST;
        isKey = false;
        break;
      case 0x7b: // {
        cost += costs.object;
        outer.push(shape);
        shape = noMembers;
        isKey = true;
        break;
      case 0x5d: // ]
      case 0x7d: // }
        shape = outer.pop() ?? LIST;
        isKey = false;
        break;
    }
  }
  return cost;
}

/** The index of the quote that ends a string, or of the end of the text. */
function endOfString(json: Uint8Array, start: number): number {
  let at = start;
  while (at < json.length && json[at] !== QUOTE) {
    at += json[at] === BACKSLASH ? 2 : 1;
  }
  return at;
}
