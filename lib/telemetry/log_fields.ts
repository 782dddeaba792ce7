/**
 * Prepares the fields of a log record: plain JSON, bounded, without secrets or
 * personal data.
 *
 * @module
 */

import { withoutSecrets } from "../config/secret.ts";
import { StartError } from "../core/errors.ts";
import { Payload } from "../core/payload.ts";
import { harmlessPart } from "./harmless_part.ts";

/**
 * Names of fields whose values are redacted: secrets, personal data, and
 * messages between people. IAM's client events carry a `secret`; login events
 * carry e-mail, names and places; reports and notifications carry text.
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

/**
 * The same for names in which the case matters: `clientIp`, but not
 * `ownership`.
 */
const REDACTED_CASE = /[a-z](Ip|IP)(v[46])?$/;

const LOCAL_PART = /"[^"\n]{1,64}"|[\p{L}\p{N}.!#$'*+^_`{|}~%-]{1,64}/u.source;
/** Plain, percent-encoded once or more, or full-width. */
const AT = /@|%(?:25)*40|\uFF20/u.source;
const LABEL = /[\p{L}\p{N}%_-]{1,63}/u.source;
/** A name, even with one part; an IP address; or either in brackets. */
const DOMAIN = `\\[[^\\]\\s]{2,64}\\]|\\d{1,3}(?:\\.\\d{1,3}){3}(?![\\w.])|` +
  `(?:${LABEL}\\.){0,8}(?=[\\p{L}%])${LABEL}`;

/**
 * What is redacted in any text: e-mail addresses, JSON Web Tokens, and what
 * follows `Bearer` or `Basic`.
 */
const REDACTED_TEXT = new RegExp(
  `(?:${LOCAL_PART})(?:${AT})(?:${DOMAIN})|` +
    "\\beyJ[\\w-]*\\.[\\w.-]+|\\b(?:Bearer|Basic) [\\w.~+/=-]{8,}",
  "giu",
);

/** Whether a text may contain any of that: most texts need no further check. */
const MAY_BE_REDACTED = /@|%(?:25)*40|\uFF20|eyJ|bearer |basic /i;

const SHOWN = "[redacted]";
const CUT = "[…]";
const UNREADABLE = "[unreadable]";

/**
 * How deep fields are written, including causes of errors; deeper ones are cut.
 */
const MAX_DEPTH = 8;

/** The longest record, in characters; the rest is cut. */
const MAX_LENGTH = 65_536;

/** The longest secret that is searched for at a cut, in characters. */
const MAX_SECRET = 4_096;

/** The overhead of a field or item, in addition to its name and text. */
const ENTRY_LENGTH = 8;

/** A frame of the runtime's own, which does not explain an error. */
const RUNTIME = /[( ](?:ext|node):/;

/** The most stack frames that are written. */
const MAX_FRAMES = 10;

/** An error in a log record. */
export interface PlainError {
  /** The error's class. */
  readonly name: string;
  /** The message. */
  readonly message: string;
  /**
   * Where it was created; absent for causes, and for errors with external
   * reasons.
   */
  readonly stack?: string;
  /** The cause. */
  readonly cause?: unknown;
  /** The errors of an `AggregateError`. */
  readonly errors?: unknown;
}

/**
 * A copy of a record's fields that can always be written as JSON. Never throws.
 */
export function plainFields(
  fields: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const place = { depth: 0, isCause: false, room: { left: MAX_LENGTH } };
  return plainEntries(fields, place);
}

/** A text, cut to the allowed length. */
export function plainText(text: string): string {
  return cut(text, { left: MAX_LENGTH });
}

/** Remaining room in the current record, in characters. */
interface Room {
  left: number;
}

/** The position of a value in a record. */
interface Place {
  readonly depth: number;
  readonly isCause: boolean;
  readonly room: Room;
}

function plain(value: unknown, place: Place): unknown {
  if (typeof value === "string") return cut(value, place.room);
  if (typeof value === "bigint") return cut(String(value), place.room);
  // Symbols and functions are not JSON, even if a function has a toJSON().
  if (typeof value === "symbol" || typeof value === "function") {
    return undefined;
  }
  if (typeof value !== "object" || value === null) return value;
  if (place.depth >= MAX_DEPTH) return CUT;
  try {
    return plainObject(value, place);
  } catch {
    // A getter, a proxy or a toJSON() threw: that must not lose the record.
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
  // Not by assignment: `__proto__` is an ordinary name here.
  return Object.fromEntries(entries);
}

/**
 * Names seen before, and whether they are redacted: nearly all records share
 * them.
 */
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
  // Errors with external reasons need no stack of ours.
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
  // Not the whole of a possibly endless text, but no half of a secret either.
  const looked = isTooLong ? text.slice(0, room.left + MAX_SECRET) : text;
  const clean = withoutSecrets(looked);
  const kept = isTooLong ? clean.slice(0, Math.max(0, room.left)) + CUT : clean;
  room.left -= text.length;
  return MAY_BE_REDACTED.test(kept) ? kept.replace(REDACTED_TEXT, SHOWN) : kept;
}
