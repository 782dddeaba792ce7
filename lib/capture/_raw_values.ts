/**
 * Extracts the source text of values in JSON, with every digit, whatever
 * JavaScript's numbers make of them.
 *
 * @module
 */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const [OPEN_LIST, CLOSE_LIST] = [0x5b, 0x5d];
const [OPEN_OBJECT, CLOSE_OBJECT] = [0x7b, 0x7d];

/**
 * The source text of one member of each object in a list that is a member of
 * the outermost value: `entry` of `{"entries":[{"entry":…}]}`. Or of the list
 * that is the outermost value.
 *
 * @param text JSON; for invalid JSON the result is undefined.
 * @param path The list's name, if it is in an object; and the member's.
 * @returns The texts, in list order; `undefined` for elements without the
 * member.
 */
export function rawValues(
  text: string,
  { list, member }: {
    readonly list?: string;
    readonly member: string;
  },
): readonly (string | undefined)[] {
  let at = skipSpace(text, 0);
  let found: (string | undefined)[] = [];
  if (list === undefined) return readList(at);
  for (const each of membersOf(text, at)) {
    // The last member of a name wins, as in `JSON.parse()`.
    if (each.name === list) found = readList(each.start);
  }
  return found;

  function readList(start: number): (string | undefined)[] {
    const values: (string | undefined)[] = [];
    if (text.charCodeAt(start) !== OPEN_LIST) return values;
    at = skipSpace(text, start + 1);
    while (at < text.length && text.charCodeAt(at) !== CLOSE_LIST) {
      let value: string | undefined;
      for (const each of membersOf(text, at)) {
        if (each.name === member) value = text.slice(each.start, each.end);
      }
      values.push(value);
      at = skipSpace(text, endOfValue(text, at));
      if (text.charCodeAt(at) === 0x2c) at = skipSpace(text, at + 1);
    }
    return values;
  }
}

interface Member {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

/** The members of the object that begins there; none if there is no object. */
function* membersOf(text: string, start: number): Generator<Member> {
  if (text.charCodeAt(start) !== OPEN_OBJECT) return;
  let at = skipSpace(text, start + 1);
  while (text.charCodeAt(at) === QUOTE) {
    const end = endOfString(text, at);
    const name: unknown = JSON.parse(text.slice(at, end));
    const value = skipSpace(text, skipSpace(text, end) + 1);
    const valueEnd = endOfValue(text, value);
    yield { name: String(name), start: value, end: valueEnd };
    at = skipSpace(text, valueEnd);
    if (text.charCodeAt(at) === 0x2c) at = skipSpace(text, at + 1);
  }
}

function skipSpace(text: string, start: number): number {
  let at = start;
  while (at < text.length && text.charCodeAt(at) <= 0x20) at++;
  return at;
}

/** The index after the string that begins there. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text.charCodeAt(at) !== QUOTE) {
    at += text.charCodeAt(at) === BACKSLASH ? 2 : 1;
  }
  return at + 1;
}

/** The index after the value that begins there. */
function endOfValue(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = endOfString(text, at) - 1;
      if (depth === 0) return at + 1;
    } else if (code === OPEN_OBJECT || code === OPEN_LIST) depth++;
    else if (code === CLOSE_OBJECT || code === CLOSE_LIST) {
      if (depth === 0) return at;
      if (--depth === 0) return at + 1;
    } else if (depth === 0 && (code === 0x2c || code <= 0x20)) return at;
  }
  return text.length;
}
