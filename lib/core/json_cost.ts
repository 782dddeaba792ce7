/**
 * What JSON takes in memory once it is parsed, told from its bytes.
 *
 * @module
 */

/**
 * What values take in V8 at most, in bytes, each measured: `tests/core/json_cost_test.ts`
 * parses what is dearest and compares.
 */
export interface JsonCosts {
  /** An object, beside its members. */
  readonly object: number;
  /** An array, beside its elements. */
  readonly array: number;
  /** A value: its place, and a number or the head of a string. */
  readonly value: number;
}

/** What `JSON.parse()` makes. */
export const PARSED_JSON: JsonCosts = { object: 64, array: 56, value: 40 };

/** A member that gives its object a shape that no other has had so far. */
const NEW_SHAPE = 144;

/** Of each byte, for all that strings hold: one of another alphabet makes all wide. */
const BYTE = 2;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const [ZERO, NINE] = [0x30, 0x39];

/** Shapes that are remembered; of more, some are counted anew. */
const SHAPES = 4_096;
const shapes = new Int32Array(SHAPES);

/** Stands for a list among the shapes of what is open: no shape is negative. */
const LIST = -1;

/**
 * Counts what JSON takes in memory, without parsing it. Of what is no JSON the count
 * means nothing: the parser stops where the JSON does.
 *
 * @param json UTF-8.
 * @param costs What the values take. @default {what `JSON.parse()` makes}
 * @returns Bytes, rather too many than too few; the text itself not counted.
 */
export function jsonCost(
  json: Uint8Array,
  costs: JsonCosts = PARSED_JSON,
): number {
  const { length } = json;
  // Shapes of another text are none of this one; nobody can tell them beforehand.
  const noMembers = (Math.random() * 2 ** 31) | 0;
  /** Shapes of the objects around, as far as their members are read. */
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
        // As V8 has it: a shape is another one, and the key that came to it.
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
        // With its first element, which no comma tells of.
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

/** The index of the quote that ends a string; that of the end, where there is none. */
function endOfString(json: Uint8Array, start: number): number {
  let at = start;
  while (at < json.length && json[at] !== QUOTE) {
    at += json[at] === BACKSLASH ? 2 : 1;
  }
  return at;
}
