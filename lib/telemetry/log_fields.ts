/**
 * What is written of a log record's fields: plain JSON, bounded, without secrets and
 * without what identifies a person.
 *
 * @module
 */

/**
 * Names of fields whose values are not to be written: secrets, what identifies a
 * person, and what people write to each other. IAM's client events carry a `secret`;
 * login events carry e-mail, names and places; reports and notifications carry text.
 */
const REDACTED = new RegExp(
  [
    "secret|pass_?(word|code)|token|credential|(api|private)_?key|authorization|cookie",
    "e-?mail|(user|display|first|last)_?name|date_?of_?birth|zip_?code|(^|_)city$",
    "^state$|avatar|user_?info$",
    "chat|message_?text|invitation|^(message|content|comment|body)$",
    "notification_?payload|template_?context",
  ].join("|"),
  "i",
);

/**
 * What is not to be written wherever it stands, in a text or as one: e-mail
 * addresses, JSON Web Tokens, and what follows `Bearer` or `Basic`.
 */
const REDACTED_TEXT =
  /[\w.+-]{1,64}@(?:[A-Za-z0-9][\w-]{0,62}\.){1,8}[A-Za-z][\w-]{1,62}|\beyJ[\w-]*\.[\w.-]+|\b(?:Bearer|Basic) [\w.~+/=-]{8,}/g;

/** Whether a text may hold something of that: most texts need no second look. */
const MAY_BE_REDACTED = /@|eyJ|Bearer |Basic /;

const SHOWN = "[redacted]";
const CUT = "[…]";
const UNREADABLE = "[unreadable]";

/** How deep fields are written, causes of errors included; what lies deeper is cut. */
const MAX_DEPTH = 8;

/** How much of a record is written, in characters; the rest is cut. */
const MAX_LENGTH = 65_536;

/** What a field or an item takes of that, besides its name and text. */
const ENTRY_LENGTH = 8;

/** Frames of a stack that are written. */
const MAX_FRAMES = 10;

/** An error as it is written. */
export interface PlainError {
  /** The error's class. */
  readonly name: string;
  /** What it says. */
  readonly message: string;
  /** Where it was made; absent for causes, and for errors that blame the world. */
  readonly stack?: string;
  /** What led to it. */
  readonly cause?: unknown;
  /** The errors that an `AggregateError` stands for. */
  readonly errors?: unknown;
}

/** A copy of a record's fields that JSON can write, whatever they hold. Never throws. */
export function plainFields(
  fields: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const place = { depth: 0, isCause: false, room: { left: MAX_LENGTH } };
  return plainEntries(fields, place);
}

/** Text of a length that may be written. */
export function plainText(text: string): string {
  return cut(text, { left: MAX_LENGTH });
}

/** Room left in the record that is being written, in characters. */
interface Room {
  left: number;
}

/** Where in a record a value is. */
interface Place {
  readonly depth: number;
  readonly isCause: boolean;
  readonly room: Room;
}

function plain(value: unknown, place: Place): unknown {
  if (typeof value === "string") return cut(value, place.room);
  if (typeof value === "bigint") return cut(String(value), place.room);
  // Symbols and functions are no JSON, even if a function has a toJSON().
  if (typeof value === "symbol" || typeof value === "function") {
    return undefined;
  }
  if (typeof value !== "object" || value === null) return value;
  if (place.depth >= MAX_DEPTH) return CUT;
  try {
    return plainObject(value, place);
  } catch {
    // A getter, a proxy or a toJSON() threw: no reason to lose the record.
    return UNREADABLE;
  }
}

function plainObject(value: object, place: Place): unknown {
  if (value instanceof Error) return plainError(value, place);
  const inner = { ...place, depth: place.depth + 1, isCause: false };
  if (Array.isArray(value)) return plainItems(value, inner);
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if ("toJSON" in value && typeof value.toJSON === "function") {
    return plain(value.toJSON(), inner);
  }
  return plainEntries(value as Readonly<Record<string, unknown>>, inner);
}

function plainItems(items: readonly unknown[], place: Place): unknown[] {
  const copies: unknown[] = [];
  for (const item of items) {
    if (place.room.left <= 0) return [...copies, CUT];
    place.room.left -= ENTRY_LENGTH;
    copies.push(plain(item, place));
  }
  return copies;
}

function plainEntries(
  fields: Readonly<Record<string, unknown>>,
  place: Place,
): Record<string, unknown> {
  const entries: [string, unknown][] = [];
  for (const name of Object.keys(fields)) {
    if (place.room.left <= 0) {
      entries.push(["…", CUT]);
      break;
    }
    place.room.left -= ENTRY_LENGTH;
    const shownName = cut(name, place.room);
    entries.push([
      shownName,
      REDACTED.test(name) ? SHOWN : plain(fields[name], place),
    ]);
  }
  // Not by assignment: `__proto__` is a name like any other.
  return Object.fromEntries(entries);
}

function plainError(error: Error, place: Place): PlainError {
  const { name, message, stack, cause } = error;
  const inner = { ...place, depth: place.depth + 1, isCause: true };
  // Errors that say what is wrong in the world need no stack of ours.
  const hasStack = !place.isCause && !("retryable" in error);
  const frames = hasStack ? framesOf(stack) : "";
  return {
    name: cut(String(name), place.room),
    message: cut(String(message), place.room),
    ...(frames !== "" && { stack: cut(frames, place.room) }),
    ...(cause !== undefined && { cause: plain(cause, inner) }),
    ...(error instanceof AggregateError && {
      errors: plainItems(error.errors, inner),
    }),
  };
}

/** The first line of a stack repeats name and message, which may span lines. */
function framesOf(stack: unknown): string {
  return String(stack ?? "").split("\n")
    .filter((line) => /^\s+at /.test(line))
    .slice(0, MAX_FRAMES)
    .map((line) => line.trim())
    .join("\n");
}

function cut(text: string, room: Room): string {
  const kept = text.length > room.left
    ? text.slice(0, Math.max(0, room.left)) + CUT
    : text;
  room.left -= text.length;
  return MAY_BE_REDACTED.test(kept) ? kept.replace(REDACTED_TEXT, SHOWN) : kept;
}
