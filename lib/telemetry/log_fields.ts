/**
 * What is written of a log record's fields: plain JSON, bounded, without secrets and
 * without what identifies a person.
 *
 * @module
 */

import { withoutSecrets } from "../config/secret.ts";
import { StartError } from "../core/errors.ts";
import { Payload } from "../core/payload.ts";
import { harmlessPart } from "./harmless_part.ts";

/**
 * Names of fields whose values are not to be written: secrets, what identifies a
 * person, and what people write to each other. IAM's client events carry a `secret`;
 * login events carry e-mail, names and places; reports and notifications carry text.
 */
const REDACTED = new RegExp(
  [
    "secret|pass_?(word|code)|token|credential|(api|private)_?key|authorization|cookie",
    "e-?mail|(user|display|first|last)_?name|date_?of_?birth|zip_?code|(^|_)city$",
    "^state$|avatar|user_?info$|phone|country|platform_?user_?id|third_?party_?user_?id",
    "ip_?addr|(^|[_-])ip$|remote_?addr",
    "chat|message_?text|invitation|^(message|content|comment|body)$",
    "notification_?payload|template_?context",
  ].join("|"),
  "i",
);

/** The same, where it is the case that tells: `clientIp`, and not `ownership`. */
const REDACTED_CASE = /[a-z](Ip|IP)(v[46])?$/;

const LOCAL_PART = /"[^"\n]{1,64}"|[\p{L}\p{N}.!#$'*+^_`{|}~%-]{1,64}/u.source;
/** As it is, percent-encoded once or more, or as wide as Chinese characters. */
const AT = /@|%(?:25)*40|\uFF20/u.source;
const LABEL = /[\p{L}\p{N}%_-]{1,63}/u.source;
/** A name, be it in one part; an IP address; or either in brackets. */
const DOMAIN = `\\[[^\\]\\s]{2,64}\\]|\\d{1,3}(?:\\.\\d{1,3}){3}(?![\\w.])|` +
  `(?:${LABEL}\\.){0,8}(?=[\\p{L}%])${LABEL}`;

/**
 * What is not to be written wherever it stands, in a text or as one: e-mail
 * addresses, JSON Web Tokens, and what follows `Bearer` or `Basic`.
 */
const REDACTED_TEXT = new RegExp(
  `(?:${LOCAL_PART})(?:${AT})(?:${DOMAIN})|` +
    "\\beyJ[\\w-]*\\.[\\w.-]+|\\b(?:Bearer|Basic) [\\w.~+/=-]{8,}",
  "giu",
);

/** Whether a text may hold something of that: most texts need no second look. */
const MAY_BE_REDACTED = /@|%(?:25)*40|\uFF20|eyJ|bearer |basic /i;

const SHOWN = "[redacted]";
const CUT = "[…]";
const UNREADABLE = "[unreadable]";

/** How deep fields are written, causes of errors included; what lies deeper is cut. */
const MAX_DEPTH = 8;

/** How much of a record is written, in characters; the rest is cut. */
const MAX_LENGTH = 65_536;

/** The longest secret that is looked for where a text is cut, in characters. */
const MAX_SECRET = 4_096;

/** What a field or an item takes of that, besides its name and text. */
const ENTRY_LENGTH = 8;

/** A frame of the runtime's own: it says nothing of what went wrong. */
const RUNTIME = /[( ](?:ext|node):/;

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
  if (value instanceof Payload) {
    return plain(harmlessPart(value.reveal()), place);
  }
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
      isRedacted(name) ? SHOWN : plain(fields[name], place),
    ]);
  }
  // Not by assignment: `__proto__` is a name like any other.
  return Object.fromEntries(entries);
}

/** Names seen before, and whether they are redacted: nearly all records have the same. */
const names = new Map<string, boolean>();
const MAX_NAMES = 1_024;
const MAX_NAME_LENGTH = 64;

function isRedacted(name: string): boolean {
  const found = names.get(name);
  if (found !== undefined) return found;
  const is = REDACTED.test(name) || REDACTED_CASE.test(name);
  if (names.size < MAX_NAMES && name.length <= MAX_NAME_LENGTH) {
    names.set(name, is);
  }
  return is;
}

function plainError(error: Error, place: Place): PlainError {
  const { name, message, stack, cause } = error;
  const inner = { ...place, depth: place.depth + 1, isCause: true };
  // Errors that say what is wrong in the world need no stack of ours.
  const hasStack = !place.isCause && !("retryable" in error) &&
    !(error instanceof StartError);
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
    .filter((line) => /^\s+at /.test(line) && !RUNTIME.test(line))
    .slice(0, MAX_FRAMES)
    .map((line) => line.trim())
    .join("\n");
}

function cut(text: string, room: Room): string {
  const isTooLong = text.length > room.left;
  // Not the whole of a text that may be endless, but no half of a secret either.
  const looked = isTooLong ? text.slice(0, room.left + MAX_SECRET) : text;
  const clean = withoutSecrets(looked);
  const kept = isTooLong ? clean.slice(0, Math.max(0, room.left)) + CUT : clean;
  room.left -= text.length;
  return MAY_BE_REDACTED.test(kept) ? kept.replace(REDACTED_TEXT, SHOWN) : kept;
}
