/**
 * Values that must not be printed by accident.
 *
 * @module
 */

const SHOWN = "[secret]";

/** The most permanent secrets to remember: those of the settings come first. */
const MAX_LASTING = 128;
/** The most temporary secrets, such as tokens, to remember: the newest. */
const MAX_PASSING = 32;
/** Shorter secrets are ordinary words and are not redacted. */
const MIN_LENGTH = 4;

const lasting = new Set<string>();
const passing = new Set<string>();
let pattern: RegExp | undefined;
let shortest = Infinity;

function remember(value: string, isPassing: boolean): void {
  if (value.length < MIN_LENGTH || lasting.has(value) || passing.has(value)) {
    return;
  }
  if (isPassing || lasting.size >= MAX_LASTING) {
    const [oldest = ""] = passing;
    if (passing.size >= MAX_PASSING) passing.delete(oldest);
    passing.add(value);
  } else lasting.add(value);
  // Longest first, because one may contain another.
  const forms = [...lasting, ...passing].flatMap(formsOf)
    .sort((a, b) => b.length - a.length);
  pattern = new RegExp(forms.map((form) => RegExp.escape(form)).join("|"), "g");
  shortest = forms.at(-1)?.length ?? Infinity;
}

/** A secret verbatim, and encoded for URLs, forms, JSON and HTTP. */
function formsOf(value: string): readonly string[] {
  const bytes = new TextEncoder().encode(value);
  return [
    ...new Set([
      value,
      // A secret may contain half of a surrogate pair, which no URL can.
      encodeURIComponent(value.toWellFormed()),
      JSON.stringify(value).slice(1, -1),
      bytes.toBase64(),
    ]),
  ];
}

/**
 * Removes the secrets of this process from a text, because peers' messages may
 * repeat them.
 *
 * Every value that was ever wrapped in a {@linkcode Secret} counts: settings
 * and tokens.
 */
export function withoutSecrets(text: string): string {
  return pattern === undefined || text.length < shortest
    ? text
    : text.replace(pattern, SHOWN);
}

/** Options of a {@linkcode Secret}. */
export interface SecretOptions {
  /** Whether others will replace it, as with tokens. @default {false} */
  readonly isPassing?: boolean;
}

/**
 * A value that appears as `[secret]` wherever it is printed, logged or
 * serialised.
 */
export class Secret {
  readonly #value: string;

  /** Wraps a value. */
  constructor(value: string, { isPassing = false }: SecretOptions = {}) {
    this.#value = value;
    remember(value, isPassing);
  }

  /** The value, for the one place that has to send it. */
  reveal(): string {
    return this.#value;
  }

  /** The representation in string templates. */
  toString(): string {
    return SHOWN;
  }

  /** The representation in `JSON.stringify`. */
  toJSON(): string {
    return SHOWN;
  }

  /** The representation in `console.log`. */
  [Symbol.for("Deno.customInspect")](): string {
    return SHOWN;
  }
}
