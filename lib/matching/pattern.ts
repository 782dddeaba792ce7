/**
 * Event patterns, as Amazon EventBridge has them.
 *
 * A field's pattern is an array: one of its items must match. All fields must match.
 * `$or` is an array of patterns, one of which must match.
 *
 * @module
 */

/** Matches a string that begins or ends so, perhaps whatever its case. */
export type AffixOperand = string | { readonly "equals-ignore-case": string };

/** Matches what has a value that is none of these: `null`, too, but nothing missing. */
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

/** What a field's value is compared by, if not for being the same. */
export type Operator =
  | { readonly prefix: AffixOperand }
  | { readonly suffix: AffixOperand }
  | { readonly "equals-ignore-case": string }
  /** `*` stands for any text; `\*` and `\\` for these signs. */
  | { readonly wildcard: string }
  | { readonly "anything-but": AnythingBut }
  | { readonly numeric: NumericOperand }
  /** Whether there is a value at all; `null` is one, `{}` and `[]` are none. */
  | { readonly exists: boolean }
  /** An IP address in a block, such as `10.0.0.0/8`. */
  | { readonly cidr: string };

/** One thing that a field's value may be. */
export type FieldItem = string | number | boolean | null | Operator;

/** What a field may be, or what its own fields may be. */
export type FieldPattern = readonly FieldItem[] | FieldsPattern;

/** The names of the operators: no alternatives of `$or`, which a field may be called. */
export type OperatorName = Operator extends infer O
  ? O extends O ? keyof O : never
  : never;

/** One of several patterns: fields, and no operator. */
export type Alternative =
  & FieldsPattern
  & { readonly [K in OperatorName]?: never };

/** What fields may be. */
export interface FieldsPattern {
  /** One of these must match, beside the other fields. At least two. */
  readonly $or?: readonly Alternative[];
  /** A field; `a.b` is field `b` of field `a`. */
  readonly [field: string]: FieldPattern | readonly Alternative[] | undefined;
}
