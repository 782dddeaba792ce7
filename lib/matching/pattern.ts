/**
 * Types of Amazon EventBridge event patterns.
 *
 * A field's pattern is an array: one of its items must match. All fields must match.
 * `$or` is an array of patterns, one of which must match.
 *
 * @module
 */

/** A prefix or suffix, optionally case-insensitive. */
export type AffixOperand = string | { readonly "equals-ignore-case": string };

/** Matches any value except these; also `null`, but not a missing value. */
export type AnythingBut =
  | string
  | number
  | readonly string[]
  | readonly number[]
  | { readonly prefix: string | readonly string[] }
  | { readonly suffix: string | readonly string[] }
  | { readonly "equals-ignore-case": string | readonly string[] }
  | { readonly wildcard: string | readonly string[] };

/** A lower bound of a number. */
export type LowerBound = ">" | ">=";
/** An upper bound of a number. */
export type UpperBound = "<" | "<=";

/** Which numbers match: `["=", 5]`, `[">", 0]` or `[">", 0, "<=", 5]`. */
export type NumericOperand =
  | readonly ["=" | LowerBound | UpperBound, number]
  | readonly [LowerBound, number, UpperBound, number];

/** A comparison other than equality. */
export type Operator =
  | { readonly prefix: AffixOperand }
  | { readonly suffix: AffixOperand }
  | { readonly "equals-ignore-case": string }
  /** `*` stands for any text; `\*` and `\\` are literals. */
  | { readonly wildcard: string }
  | { readonly "anything-but": AnythingBut }
  | { readonly numeric: NumericOperand }
  /** Whether there is a value; `null` is one, `{}` and `[]` are not. */
  | { readonly exists: boolean }
  /** An IP address in a block, such as `10.0.0.0/8`. */
  | { readonly cidr: string };

/** One possible value of a field. */
export type FieldItem = string | number | boolean | null | Operator;

/** The possible values of a field, or the pattern of its fields. */
export type FieldPattern = readonly FieldItem[] | FieldsPattern;

/**
 * The names of the operators, which distinguish alternatives of `$or` from a
 * field of that name.
 */
export type OperatorName = Operator extends infer O
  ? O extends O ? keyof O : never
  : never;

/** One of several patterns: fields, without operators. */
export type Alternative =
  & FieldsPattern
  & { readonly [K in OperatorName]?: never };

/** The pattern of an object's fields. */
export interface FieldsPattern {
  /**
   * Alternatives, one of which must match, in addition to the other fields. At
   * least two.
   */
  readonly $or?: readonly Alternative[];
  /** A field; `a.b` is field `b` of field `a`. */
  readonly [field: string]: FieldPattern | readonly Alternative[] | undefined;
}
