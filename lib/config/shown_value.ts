/**
 * How the value of a setting that is not usable is named in an error message.
 *
 * @module
 */

/** Options of {@linkcode shownValue}. */
export interface ShownValueOptions {
  /** Whether the setting is a secret, or may hold one. @default {false} */
  readonly secret?: boolean | "maybe" | undefined;
  /** What is not to be seen in any value. @default {nothing} */
  readonly secrets?: readonly string[];
}

/** A mistyped word, number or duration: nothing that is likely to be a password. */
const PLAIN = /^[A-Za-z0-9_-]{1,20}$/;

/**
 * Shows a value only if it is short and plain: what went wrong may be that a password
 * or half a `.env` file has come into it.
 *
 * @returns The value in quotes, or how long it is.
 */
export function shownValue(
  value: string,
  { secret = false, secrets = [] }: ShownValueOptions = {},
): string {
  if (secret === true) return "a value that is not shown";
  const isShown = secret === false && PLAIN.test(value) &&
    !secrets.some((each) => each !== "" && value.includes(each));
  if (isShown) return JSON.stringify(value);
  const length = [...value].length;
  return `a value of ${length} character${
    length === 1 ? "" : "s"
  } that is not shown`;
}
