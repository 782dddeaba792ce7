/**
 * Compiles the items of a field's pattern.
 *
 * @module
 */

import { isObject } from "../core/is_object.ts";
import ipaddr from "ipaddr.js";
import { compileWildcard } from "./_wildcard.ts";
import { fieldName, PatternError } from "./errors.ts";

/** A value without fields, which patterns can compare. */
export type Leaf = string | number | boolean | null;

/** Whether a value matches. */
export type Test = (value: Leaf) => boolean;

/** One item of a field's pattern. */
export type Item =
  | { readonly kind: "value"; readonly matches: Test }
  /** The field must be absent. */
  | { readonly kind: "absent" };

/** Distinguishes operators from fields. */
export function isOperator(name: string): boolean {
  return Object.hasOwn(OPERATORS, name);
}

/**
 * Compiles one item.
 *
 * @param path The field, for messages.
 * @throws {PatternError} It is invalid.
 */
export function compileItem(item: unknown, path: string): Item {
  if (item === null || typeof item === "boolean" || typeof item === "string") {
    return { kind: "value", matches: (value) => value === item };
  }
  if (typeof item === "number") {
    const wanted = exactNumber(item, path);
    // `===` rather than `Object.is`: 0 and -0 are equal.
    return { kind: "value", matches: (value) => value === wanted };
  }
  const [name, operand] = operatorOf(item, path);
  if (name === "exists" && operand === false) return { kind: "absent" };
  const compile = OPERATORS[name as keyof typeof OPERATORS];
  return { kind: "value", matches: compile(operand, path) };
}

function operatorOf(item: unknown, path: string): readonly [string, unknown] {
  const entries = isObject(item) ? Object.entries(item) : [];
  const [entry] = entries;
  if (entry === undefined || entries.length > 1 || !isOperator(entry[0])) {
    throw new PatternError(
      `${fieldName(path)} has an invalid item: expected a text, a ` +
        "number, true, false, null, or an object with one of " +
        Object.keys(OPERATORS).join(", "),
    );
  }
  return entry;
}

/** The operators. `exists: false` tests no value. */
const OPERATORS = {
  prefix: (operand: unknown, path: string) =>
    compileAffix("prefix", operand, path),
  suffix: (operand: unknown, path: string) =>
    compileAffix("suffix", operand, path),
  "equals-ignore-case": compileIgnoreCase,
  wildcard: compileWild,
  "anything-but": compileAnythingBut,
  numeric: compileNumeric,
  exists: compileExists,
  cidr: compileCidr,
} satisfies Record<string, (operand: unknown, path: string) => Test>;

type Affix = "prefix" | "suffix";

function hasAffix(kind: Affix, text: string, affix: string): boolean {
  return kind === "prefix" ? text.startsWith(affix) : text.endsWith(affix);
}

function compileAffix(kind: Affix, operand: unknown, path: string): Test {
  if (typeof operand === "string") {
    return onText((text) => hasAffix(kind, text, operand));
  }
  const keys = isObject(operand) ? Object.keys(operand) : [];
  const folded = isObject(operand) ? operand["equals-ignore-case"] : undefined;
  if (keys.length !== 1 || typeof folded !== "string") {
    throw operandError(kind, path, 'a text or { "equals-ignore-case": text }');
  }
  const affix = fold(folded);
  return onText((text) => hasAffix(kind, fold(text), affix));
}

function compileIgnoreCase(operand: unknown, path: string): Test {
  if (typeof operand !== "string") {
    throw operandError("equals-ignore-case", path, "a text");
  }
  const wanted = fold(operand);
  return onText((text) => fold(text) === wanted);
}

function fold(text: string): string {
  return text.toLowerCase();
}

function compileWild(operand: unknown, path: string): Test {
  const test = typeof operand === "string"
    ? compileWildcard(operand)
    : undefined;
  if (test === undefined) {
    throw operandError(
      "wildcard",
      path,
      'a text without "**", and "\\" only before "*" or "\\"',
    );
  }
  return onText(test);
}

function compileExists(operand: unknown, path: string): Test {
  if (operand !== true) throw operandError("exists", path, "true or false");
  return () => true;
}

function compileAnythingBut(operand: unknown, path: string): Test {
  if (isObject(operand)) return compileNot(operand, path);
  const list: readonly unknown[] = Array.isArray(operand) ? operand : [operand];
  const isTexts = list.every(isText);
  const isNumbers = list.every(isNumber);
  if (list.length === 0 || !(isTexts || isNumbers)) {
    throw operandError("anything-but", path, "texts only, or numbers only");
  }
  if (isNumbers) { for (const each of list) exactNumber(each, path); }
  const refused = new Set<Leaf>(list);
  return (value) => !refused.has(value);
}

/** The operators that `anything-but` can negate. */
const TURNED = ["prefix", "suffix", "equals-ignore-case", "wildcard"] as const;

function compileNot(operand: Record<string, unknown>, path: string): Test {
  const keys = Object.keys(operand);
  const name = TURNED.find((each) => each === keys[0]);
  if (keys.length !== 1 || name === undefined) {
    const wanted = `an object with one of ${TURNED.join(", ")}`;
    throw operandError("anything-but", path, wanted);
  }
  const value = operand[name];
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  const isAffix = name === "prefix" || name === "suffix";
  const isGood = list.length > 0 &&
    list.every((each) => typeof each === "string" && !(isAffix && each === ""));
  if (!isGood) {
    const wanted = `${name} with one or more texts${
      isAffix ? " that are not empty" : ""
    }`;
    throw operandError("anything-but", path, wanted);
  }
  const tests = list.map((each) => OPERATORS[name](each, path));
  return (leaf) => !tests.some((test) => test(leaf));
}

/** Comparisons of a number with a bound. */
const COMPARISONS: Readonly<
  Record<string, (value: number, bound: number) => boolean>
> = {
  "=": (value, bound) => value === bound,
  "<": (value, bound) => value < bound,
  "<=": (value, bound) => value <= bound,
  ">": (value, bound) => value > bound,
  ">=": (value, bound) => value >= bound,
};

function compileNumeric(operand: unknown, path: string): Test {
  const wanted = 'such as ["=", 5], [">", 0] or [">=", 0, "<", 5]';
  const list: readonly unknown[] = Array.isArray(operand) ? operand : [];
  const [sign, bound, upperSign, upper] = list;
  const compare = comparisonOf(sign);
  if (compare === undefined || typeof bound !== "number") {
    throw operandError("numeric", path, wanted);
  }
  const lower = exactNumber(bound, path);
  if (list.length === 2) {
    return onNumber((number) => compare(number, lower));
  }
  const compareUpper = comparisonOf(upperSign);
  const isRange = list.length === 4 && compareUpper !== undefined &&
    typeof upper === "number" && String(sign).startsWith(">") &&
    String(upperSign).startsWith("<") && bound < upper;
  if (!isRange) throw operandError("numeric", path, wanted);
  const end = exactNumber(upper, path);
  return onNumber((number) =>
    compare(number, lower) && compareUpper(number, end)
  );
}

function comparisonOf(sign: unknown) {
  return typeof sign === "string" && Object.hasOwn(COMPARISONS, sign)
    ? COMPARISONS[sign]
    : undefined;
}

function compileCidr(operand: unknown, path: string): Test {
  const block = typeof operand === "string" ? parseBlock(operand) : undefined;
  if (block === undefined) {
    const wanted = "a block of more than one address, such as 10.0.0.0/8";
    throw operandError("cidr", path, wanted);
  }
  const [network, bits] = block;
  return onText((text) => {
    const address = parseAddress(text);
    return address !== undefined && address.kind() === network.kind() &&
      address.match(network, bits);
  });
}

type Address = ipaddr.IPv4 | ipaddr.IPv6;

function parseBlock(text: string): [Address, number] | undefined {
  const [, host = "", bits = ""] = /^([^/]+)\/(\d{1,3})$/.exec(text) ?? [];
  const network = parseAddress(host);
  if (network === undefined) return undefined;
  const length = network.toByteArray().length * 8;
  return Number(bits) < length ? [network, Number(bits)] : undefined;
}

/**
 * IPv4 with four decimal parts only: others read "010.0.0.7" as another
 * address.
 */
function parseAddress(text: string): Address | undefined {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return ipaddr.IPv4.parse(text);
  return ipaddr.IPv6.isValid(text) ? ipaddr.IPv6.parse(text) : undefined;
}

/**
 * A number that equals what was written: JSON allows more digits than numbers
 * have.
 */
function exactNumber(number: number, path: string): number {
  const isExact = Number.isFinite(number) &&
    (!Number.isInteger(number) || Number.isSafeInteger(number));
  if (isExact) return number;
  throw new PatternError(
    `${fieldName(path)} has a number that is not exact: expected ` +
      `one of at most ${Number.MAX_SAFE_INTEGER}`,
  );
}

function onText(test: (text: string) => boolean): Test {
  return (value) => typeof value === "string" && test(value);
}

function onNumber(test: (number: number) => boolean): Test {
  return (value) => typeof value === "number" && test(value);
}

function operandError(name: string, path: string, wanted: string) {
  return new PatternError(
    `${
      fieldName(path)
    } has "${name}" without what it compares with: expected ` +
      wanted,
  );
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function isNumber(value: unknown): value is number {
  return typeof value === "number";
}
