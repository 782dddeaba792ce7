/**
 * Values that must not be printed by accident.
 *
 * @module
 */

const SHOWN = "[secret]";

/** Secrets that are remembered for good: the settings', which come first. */
const MAX_LASTING = 128;
/** Those that others follow, such as tokens: the newest are remembered. */
const MAX_PASSING = 32;
/** Shorter ones are words like any other. */
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
  // The longest first, for one may be within another.
  const forms = [...lasting, ...passing].flatMap(formsOf)
    .sort((a, b) => b.length - a.length);
  pattern = new RegExp(forms.map((form) => RegExp.escape(form)).join("|"), "g");
  shortest = forms.at(-1)?.length ?? Infinity;
}

/** A secret as it is, and as URLs, forms, JSON and HTTP have it. */
function formsOf(value: string): readonly string[] {
  const bytes = new TextEncoder().encode(value);
  return [
    ...new Set([
      value,
      // A secret may have half of a surrogate pair, which no URL has.
      encodeURIComponent(value.toWellFormed()),
      JSON.stringify(value).slice(1, -1),
      bytes.toBase64(),
    ]),
  ];
}

/**
 * A text without the secrets of this process: what peers say may repeat them.
 *
 * Whatever was once a {@linkcode Secret} is one: the settings', and tokens.
 */
export function withoutSecrets(text: string): string {
  return pattern === undefined || text.length < shortest
    ? text
    : text.replace(pattern, SHOWN);
}

/** Options of a {@linkcode Secret}. */
export interface SecretOptions {
  /** Whether others will follow, as tokens do. @default {false} */
  readonly isPassing?: boolean;
}

/** A value that shows as `[secret]` wherever it is printed, logged or serialised. */
export class Secret {
  readonly #value: string;

  /** Wraps a value. */
  constructor(value: string, { isPassing = false }: SecretOptions = {}) {
    this.#value = value;
    remember(value, isPassing);
  }

  /** The value itself, for the one place that has to send it. */
  reveal(): string {
    return this.#value;
  }

  /** What string templates show. */
  toString(): string {
    return SHOWN;
  }

  /** What `JSON.stringify` shows. */
  toJSON(): string {
    return SHOWN;
  }

  /** What `console.log` shows. */
  [Symbol.for("Deno.customInspect")](): string {
    return SHOWN;
  }
}
