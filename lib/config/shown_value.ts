/**
 * How an error message shows the value of an invalid setting.
 *
 * @module
 */

/** Options of {@linkcode shownValue}. */
export interface ShownValueOptions {
  /** Whether the setting is a secret, or may contain one. @default {false} */
  readonly secret?: boolean | "maybe" | undefined;
  /** Texts that must not appear in any value. @default {none} */
  readonly secrets?: readonly string[];
}

/** A mistyped word, number or duration: unlikely to be a password. */
const PLAIN = /^[A-Za-z0-9_-]{1,20}$/;

/**
 * Shows a value only if it is short and plain, because a password or half a
 * `.env` file may have ended up in it.
 *
 * @returns The value in quotes, or its length.
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
