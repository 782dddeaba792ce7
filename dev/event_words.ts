/**
 * The words that an event's name is made of.
 *
 * @module
 */

/** Written in capitals wherever a name has them otherwise: `ugcContentLiked`. */
const ABBREVIATIONS: ReadonlySet<string> = new Set([
  "DLC",
  "DS",
  "GDPR",
  "IAP",
  "JSON",
  "UGC",
  "UI",
  "URL",
  "XBL",
]);

/** A run of capitals, a word, each with the digits behind it, or a number. */
const WORD = /[A-Z]+(?![a-z])\d*|[A-Z]?[a-z]+\d*|\d+/g;

/** The words of a camelCase, PascalCase or snake_case name, as written there. */
export function wordsOf(name: string): readonly string[] {
  return name.match(WORD) ?? [];
}

/** A name in snake_case: `MatchFoundEvent` is `match_found_event`. */
export function snakeCase(name: string): string {
  return wordsOf(name).map((word) => word.toLowerCase()).join("_");
}

/** A name in camelCase: `match_found_event` is `matchFoundEvent`. */
export function camelCase(name: string): string {
  return wordsOf(name).map((word, index) => {
    const lower = word.toLowerCase();
    return index === 0
      ? lower
      : lower.slice(0, 1).toUpperCase() + lower.slice(1);
  }).join("");
}

/**
 * What an event's name says, as the beginning of a sentence: `userLoggedIn` is "User
 * logged in". AGS's files say no more of an event than its name.
 */
export function phraseOf(name: string): string {
  const words = wordsOf(name);
  // "Match found event" says no more than "Match found".
  const isSaidAnyway = words.length > 1 && words.at(-1) === "Event";
  const text = words.slice(0, isSaidAnyway ? -1 : undefined).map(inSentence)
    .join(" ");
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

function inSentence(word: string): string {
  const capitals = word.toUpperCase();
  const isAbbreviation = ABBREVIATIONS.has(capitals) ||
    (word === capitals && /^[A-Z].*[A-Z\d]/.test(word));
  return isAbbreviation ? capitals : word.toLowerCase();
}
