/**
 * One event of a client: validated and wrapped in the envelope that is stored.
 *
 * @module
 */

import { isObject } from "../core/is_object.ts";
import { hash } from "node:crypto";
import {
  boundedCost,
  JsonBoundError,
  MAX_JSON_DEPTH,
} from "../core/bounded_json.ts";

/** An event as sent by a client. */
export interface SentEntry {
  /** The event's JSON source text, which is stored unchanged. */
  readonly detail: string;
  /** The client's own id of it. @default {none} */
  readonly ownId?: string | undefined;
}

/** Why an entry is refused, in PutEvents' form. */
export interface EntryFailure {
  /** One of PutEvents' codes. */
  readonly errorCode:
    | "MalformedDetail"
    | "InvalidArgument"
    | "NotAuthorizedForSourceException";
  /** A fixed text. */
  readonly errorMessage: string;
}

/** A valid entry. */
export interface CheckedEntry {
  /** Its id: the answer's `EventId`. */
  readonly id: string;
  /** Whether the client gave the id: a repetition then has the same id. */
  readonly isOwnId: boolean;
  /** Its envelope, as JSON. */
  readonly bytes: Uint8Array;
}

/** The fields of every envelope of a request, whoever sends it. */
export interface EnvelopeOptions {
  /** `detail-type`: the environment, such as `prod`. */
  readonly detailType: string;
  /** `source`. */
  readonly source: string;
  /** `account`: digits. */
  readonly account: string;
  /** `region`. */
  readonly region: string;
  /** `resources`: the sender. */
  readonly resources: readonly string[];
  /** `time`, in milliseconds since the epoch. Written in whole seconds. */
  readonly time: number;
  /** The scope in which client ids are unique: the player. */
  readonly scope: string;
  /** The memory limit of a decoded event, in bytes. */
  readonly maxCost: number;
}

/** Longest event type, in characters. */
const MAX_TYPE = 128;
/** Longest id from a client, in characters. */
const MAX_OWN_ID = 256;

const MALFORMED: EntryFailure = {
  errorCode: "MalformedDetail",
  errorMessage: "Detail is malformed.",
};
const NO_TYPE: EntryFailure = {
  errorCode: "InvalidArgument",
  errorMessage: `Event needs an eventType of 1 to ${MAX_TYPE} characters.`,
};
const BAD_ID: EntryFailure = {
  errorCode: "InvalidArgument",
  errorMessage: `Own id of an event needs 1 to ${MAX_OWN_ID} characters.`,
};

const encoder = new TextEncoder();

/**
 * Validates an entry, and wraps it in its envelope. The event's source text is
 * kept unchanged: no digit and no order of keys is lost.
 */
export function checkEntry(
  { detail, ownId }: SentEntry,
  options: EnvelopeOptions,
): CheckedEntry | EntryFailure {
  // Half of a surrogate pair cannot be encoded in UTF-8.
  if (!detail.isWellFormed()) return MALFORMED;
  const object = objectOf(detail, options.maxCost);
  if (object === undefined) return MALFORMED;
  const isNamed = Object.hasOwn(object, "eventType") &&
    isPlain(object["eventType"], MAX_TYPE);
  if (!isNamed) return NO_TYPE;
  if (ownId !== undefined && !isPlain(ownId, MAX_OWN_ID)) return BAD_ID;
  const id = ownId === undefined
    ? crypto.randomUUID()
    : scopedId(options.scope, ownId);
  return {
    id,
    isOwnId: ownId !== undefined,
    bytes: encoder.encode(
      `{"version":"0","id":"${id}"${restOf(options)}${detail}}`,
    ),
  };
}

/** Whether validation has failed. */
export function isFailure(
  checked: CheckedEntry | EntryFailure,
): checked is EntryFailure {
  return "errorCode" in checked;
}

/** The event; `undefined` if it is invalid or exceeds the memory limit. */
function objectOf(
  text: string,
  maxCost: number,
): Readonly<Record<string, unknown>> | undefined {
  try {
    if (!isHarmless(text, maxCost)) {
      boundedCost(encoder.encode(text), { maxCost });
    }
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof JsonBoundError) {
      return undefined;
    }
    throw error;
  }
}

/** What a character of JSON takes in memory at most, in bytes: of `[[[[`, it is that. */
const DEAREST = 256;

/**
 * Whether JSON is too short to take too much, and has too few brackets to nest too deep:
 * to look closer takes longer than to parse it.
 */
function isHarmless(text: string, maxCost: number): boolean {
  if (text.length * DEAREST > maxCost) return false;
  let left = MAX_JSON_DEPTH;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if ((code === 0x5b || code === 0x7b) && --left < 0) return false;
  }
  return true;
}

function isPlain(text: unknown, max: number): text is string {
  return typeof text === "string" && text !== "" && text.length <= max &&
    text.isWellFormed() && /^\P{Cc}+$/u.test(text);
}

/** What comes between the id and the event. */
function restOf(options: EnvelopeOptions): string {
  const known = rests.get(options);
  if (known !== undefined) return known;
  const time = new Date(options.time).toISOString().replace(/\.\d+/, "");
  const rest = `,"detail-type":${JSON.stringify(options.detailType)}` +
    `,"source":${JSON.stringify(options.source)}` +
    `,"account":${JSON.stringify(options.account)}` +
    `,"time":"${time}"` +
    `,"region":${JSON.stringify(options.region)}` +
    `,"resources":${JSON.stringify(options.resources)}` +
    `,"detail":`;
  rests.set(options, rest);
  return rest;
}

/** Made once a request: all its events have the same. */
const rests = new WeakMap<EnvelopeOptions, string>();

/**
 * The id of an event with a client's own id: the same for the same id of the
 * same player, and for nothing else. A UUID of version 8 (RFC 9562), whose
 * format is free.
 */
export function scopedId(scope: string, ownId: string): string {
  const hex = hash("sha256", `${scope.length}:${scope}${ownId}`, "hex");
  const variant = (parseInt(hex.slice(16, 18), 16) & 0x3f | 0x80)
    .toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-` +
    `${variant}${hex.slice(18, 20)}-${hex.slice(20, 32)}`;
}
