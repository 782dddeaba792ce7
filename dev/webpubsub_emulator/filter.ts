/**
 * OData filters over connections.
 *
 * @module
 */

/** What a filter looks at. */
export interface Filtered {
  readonly id: string;
  readonly userId: string | undefined;
  readonly groups: ReadonlySet<string>;
}

/** Whether a connection is meant. */
export type Filter = (connection: Filtered) => boolean;

/** A filter cannot be read, or makes no sense. */
export class FilterError extends Error {
  override name = "FilterError";
}

type Value =
  | string
  | number
  | boolean
  | null
  | readonly (string | number | boolean | null)[];
type Node = (connection: Filtered) => Value;

/** Longest filter, in characters, and how deep it may be nested. */
const MAX_LENGTH = 8_192, MAX_DEPTH = 64;

const TOKEN =
  /\s*(?:('(?:[^']|'')*')|(-?\d+(?:\.\d+)?)|([A-Za-z_]\w*)|([(),]))/y;

/**
 * Reads a filter, such as `userId eq 'me' or 'lobby' in groups`.
 *
 * @throws {FilterError}
 */
export function parseFilter(text: string): Filter {
  if (text.length > MAX_LENGTH) throw new FilterError("Filter is too long");
  const parser = new Parser(tokensOf(text));
  const node = parser.whole();
  return (connection) => {
    const value = node(connection);
    if (typeof value === "boolean") return value;
    throw new FilterError("Filter is not a condition");
  };
}

type Token =
  | { readonly kind: "text" | "word" | "sign"; readonly text: string }
  | { readonly kind: "number"; readonly value: number };

function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  const end = text.trimEnd().length;
  while (TOKEN.lastIndex < end) {
    const match = TOKEN.exec(text);
    if (match === null) throw new FilterError("Filter cannot be read");
    const [, quoted, number, word, sign] = match;
    if (quoted !== undefined) {
      const text = quoted.slice(1, -1).replaceAll("''", "'");
      tokens.push({ kind: "text", text });
    } else if (number !== undefined) {
      tokens.push({ kind: "number", value: Number(number) });
    } else if (word !== undefined) tokens.push({ kind: "word", text: word });
    else if (sign !== undefined) tokens.push({ kind: "sign", text: sign });
  }
  return tokens;
}

/** Recursive descent: `or` over `and` over `not` over comparisons. */
class Parser {
  readonly #tokens: readonly Token[];
  #index = 0;
  #depth = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  whole(): Node {
    const node = this.#or();
    if (this.#index < this.#tokens.length) {
      throw new FilterError("Filter has more than one condition");
    }
    return node;
  }

  #or(): Node {
    if (++this.#depth > MAX_DEPTH) throw new FilterError("Filter is too deep");
    let left = this.#and();
    while (this.#takeWord("or")) {
      const [a, b] = [left, this.#and()];
      left = (connection) =>
        condition(a(connection)) || condition(b(connection));
    }
    this.#depth--;
    return left;
  }

  #and(): Node {
    let left = this.#not();
    while (this.#takeWord("and")) {
      const [a, b] = [left, this.#not()];
      left = (connection) =>
        condition(a(connection)) && condition(b(connection));
    }
    return left;
  }

  #not(): Node {
    if (!this.#takeWord("not")) return this.#comparison();
    if (++this.#depth > MAX_DEPTH) throw new FilterError("Filter is too deep");
    const node = this.#not();
    this.#depth--;
    return (connection) => !condition(node(connection));
  }

  #comparison(): Node {
    const left = this.#operand();
    const word = this.#peekWord();
    const compare = word === undefined ? undefined : COMPARISONS[word];
    if (compare === undefined || word === undefined) return left;
    this.#index++;
    const right = word === "in" && this.#peekSign("(")
      ? this.#list()
      : this.#operand();
    return (connection) => compare(left(connection), right(connection));
  }

  #operand(): Node {
    if (this.#takeSign("(")) {
      const node = this.#or();
      this.#expectSign(")");
      return node;
    }
    const token = this.#tokens[this.#index++];
    if (token?.kind === "text") return () => token.text;
    if (token?.kind === "number") return () => token.value;
    if (token?.kind !== "word") {
      throw new FilterError("Filter has an end too early");
    }
    const name = token.text.toLowerCase();
    if (this.#takeSign("(")) return this.#call(name);
    const node = NAMES[name];
    if (node === undefined) throw new FilterError("Filter has an unknown name");
    return node;
  }

  #call(name: string): Node {
    const call = FUNCTIONS[name];
    if (call === undefined) {
      throw new FilterError("Filter has an unknown function");
    }
    const parameters: Node[] = [];
    do parameters.push(this.#or()); while (this.#takeSign(","));
    this.#expectSign(")");
    return (connection) => call(parameters.map((node) => node(connection)));
  }

  #list(): Node {
    this.#expectSign("(");
    const nodes: Node[] = [];
    do nodes.push(this.#operand()); while (this.#takeSign(","));
    this.#expectSign(")");
    return (connection) =>
      nodes.map((node) => {
        const value = node(connection);
        if (typeof value === "object" && value !== null) {
          throw new FilterError("Filter has a list in a list");
        }
        return value;
      });
  }

  #peekWord(): string | undefined {
    const token = this.#tokens[this.#index];
    return token?.kind === "word" ? token.text.toLowerCase() : undefined;
  }

  #takeWord(word: string): boolean {
    const isThere = this.#peekWord() === word;
    if (isThere) this.#index++;
    return isThere;
  }

  #peekSign(sign: string): boolean {
    const token = this.#tokens[this.#index];
    return token?.kind === "sign" && token.text === sign;
  }

  #takeSign(sign: string): boolean {
    const isThere = this.#peekSign(sign);
    if (isThere) this.#index++;
    return isThere;
  }

  #expectSign(sign: string): void {
    if (!this.#takeSign(sign)) throw new FilterError(`Filter has no "${sign}"`);
  }
}

const NAMES: Readonly<Record<string, Node>> = {
  __proto__: null as never,
  userid: ({ userId }) => userId ?? null,
  connectionid: ({ id }) => id,
  groups: ({ groups }) => [...groups],
  true: () => true,
  false: () => false,
  null: () => null,
};

const COMPARISONS: Readonly<Record<string, (a: Value, b: Value) => boolean>> = {
  __proto__: null as never,
  eq: (a, b) => a === b,
  ne: (a, b) => a !== b,
  gt: (a, b) => ordered(a, b, (order) => order > 0),
  ge: (a, b) => ordered(a, b, (order) => order >= 0),
  lt: (a, b) => ordered(a, b, (order) => order < 0),
  le: (a, b) => ordered(a, b, (order) => order <= 0),
  in(a, b) {
    if (!Array.isArray(b)) {
      throw new FilterError('Filter has no list after "in"');
    }
    return b.includes(a);
  },
};

const FUNCTIONS: Readonly<Record<string, (values: readonly Value[]) => Value>> =
  {
    __proto__: null as never,
    tolower: ([a]) => text(a).toLowerCase(),
    toupper: ([a]) => text(a).toUpperCase(),
    trim: ([a]) => text(a).trim(),
    length: ([a]) => Array.isArray(a) ? a.length : text(a).length,
    concat: ([a, b]) => text(a) + text(b),
    contains: ([a, b]) => text(a).includes(text(b)),
    startswith: ([a, b]) => text(a).startsWith(text(b)),
    endswith: ([a, b]) => text(a).endsWith(text(b)),
    indexof: ([a, b]) => text(a).indexOf(text(b)),
    substring: ([a, start, count]) =>
      count === undefined
        ? text(a).slice(whole(start))
        : text(a).slice(whole(start), whole(start) + whole(count)),
  };

/** A text; the user id of somebody anonymous is an empty one. */
function text(value: Value | undefined): string {
  if (value === null) return "";
  if (typeof value === "string") return value;
  throw new FilterError("Filter has no text where one is wanted");
}

function whole(value: Value | undefined): number {
  if (typeof value === "number" && Number.isInteger(value)) return value;
  throw new FilterError("Filter has no number where one is wanted");
}

function condition(value: Value): boolean {
  if (typeof value === "boolean") return value;
  throw new FilterError("Filter has no condition where one is wanted");
}

function ordered(
  a: Value,
  b: Value,
  test: (order: number) => boolean,
): boolean {
  if (a === null || b === null) return false;
  if (typeof a === "number" && typeof b === "number") return test(a - b);
  if (typeof a === "string" && typeof b === "string") {
    return test(a < b ? -1 : a > b ? 1 : 0);
  }
  throw new FilterError("Filter compares what cannot be compared");
}
