/**
 * Writes a dead letter in a form that its topic accepts. An event that nearly
 * reached its own topic's limit exceeds that of the dead-letter topic once the
 * reason headers are added.
 *
 * @module
 */

import { digestOf } from "../core/event_id.ts";
import { DEAD_LETTER_HEADERS as NAME } from "./dead_letter_headers.ts";
import {
  DeliveryError,
  InvalidTopicError,
  MessageTooLargeError,
} from "./errors.ts";
import { sizeOf } from "./message.ts";
import { PortError } from "./port.ts";
import type { OutgoingRecord, RecordHeader } from "./record.ts";

/** The parts of a dead letter. */
export interface LetterParts {
  /** The unchanged record, with its own headers. */
  readonly record: OutgoingRecord;
  /** The headers with the reason. */
  readonly why: readonly RecordHeader[];
}

/** A part of a record that a dead letter may omit. */
export type LetterPart = "value" | "headers" | "key";

/** Sends a dead letter, and waits until it is confirmed. */
export type SendLetter = (
  record: OutgoingRecord,
  options: { readonly compress: boolean },
) => Promise<void>;

/** A form of a dead letter. */
interface Form {
  readonly record: OutgoingRecord;
  readonly compress: boolean;
  /** The omitted parts. */
  readonly omitted: readonly LetterPart[];
}

/** The longest dead letter worth the time to compress, in bytes. */
const MAX_COMPRESSED = 8_388_608;
/** The longest key that is kept in every form, in bytes. */
const MAX_KEY = 1_024;

const encoder = new TextEncoder();

/**
 * Sends a dead letter in the first form that its topic accepts: whole; whole
 * and compressed; without its value, or without its own headers if they are
 * longer; without both and without a long key. Headers name the omitted parts,
 * and give the size and SHA-256 of an omitted value.
 *
 * @returns The omitted parts; `undefined` if its topic accepts no form.
 * @throws {EventStreamError} It is not confirmed for a reason other than its
 * form.
 */
export async function sendFitting(
  parts: LetterParts,
  send: SendLetter,
): Promise<readonly LetterPart[] | undefined> {
  let hasTime = true;
  for (const form of forms(parts)) {
    const { record: { timestamp, ...rest }, compress, omitted } = form;
    for (;;) {
      const record = hasTime && timestamp !== undefined
        ? { ...rest, timestamp }
        : rest;
      try {
        await send(record, { compress });
        return omitted;
      } catch (error) {
        const fault = faultOf(error);
        if (fault === undefined) throw error;
        if (fault === "never") return undefined;
        if (fault === "too large") break;
        if (record === rest) throw error;
        // A topic can refuse timestamps that are too old or in the future.
        hasTime = false;
      }
    }
  }
  return undefined;
}

function* forms({ record, why }: LetterParts): Generator<Form> {
  const { key, value, headers = [], ...rest } = record;
  const of = (
    kept: OutgoingRecord,
    omitted: readonly LetterPart[],
    compress: boolean,
  ): Form => ({
    record: {
      ...rest,
      ...kept,
      headers: [
        ...kept.headers ?? [],
        ...why,
        ...omitted.length === 0 ? [] : omission(omitted, value),
      ],
    },
    compress,
    omitted,
  });
  const whole = of(record, [], false);
  yield whole;
  const isCompressible = sizeOf(whole.record) <= MAX_COMPRESSED;
  if (isCompressible) yield { ...whole, compress: true };
  const keyed = key === undefined ? {} : { key };
  const valued = value === undefined ? {} : { value };
  if (sizeOf({ headers }) > sizeOf(valued)) {
    yield of({ ...keyed, ...valued }, ["headers"], isCompressible);
  } else yield of({ ...keyed, headers }, ["value"], isCompressible);
  const isLong = key !== undefined && key.length > MAX_KEY;
  yield of(
    isLong ? { key: encoder.encode(digestOf(key).sha256) } : keyed,
    [
      ...value === undefined ? [] : ["value" as const],
      ...headers.length === 0 ? [] : ["headers" as const],
      ...isLong ? ["key" as const] : [],
    ],
    false,
  );
}

/** The headers about omitted parts. */
function omission(
  omitted: readonly LetterPart[],
  value: Uint8Array | undefined,
): readonly RecordHeader[] {
  const facts: [string, string][] = [[NAME.omitted, omitted.join()]];
  if (omitted.includes("value") && value !== undefined) {
    const { size, sha256 } = digestOf(value);
    facts.push([NAME.size, String(size)], [NAME.sha256, sha256]);
  }
  return facts.map(([name, text]) => [name, encoder.encode(text)]);
}

/** Broker errors about records that can never be accepted in this form. */
const FAULTS: Readonly<Record<string, "too large" | "time" | "never">> = {
  MESSAGE_TOO_LARGE: "too large",
  RECORD_LIST_TOO_LARGE: "too large",
  INVALID_TIMESTAMP: "time",
  INVALID_RECORD: "never",
  INVALID_TOPIC_EXCEPTION: "never",
};

/** What is wrong with a record; `undefined` if the record is not the cause. */
function faultOf(error: unknown) {
  if (error instanceof MessageTooLargeError) return "too large";
  if (error instanceof InvalidTopicError) return "never";
  const cause = error instanceof DeliveryError ? error.cause : undefined;
  return cause instanceof PortError ? FAULTS[cause.code ?? ""] : undefined;
}

/** Whether a record was refused because it is too large for its topic. */
export function isTooLarge(error: unknown): boolean {
  return faultOf(error) === "too large";
}
