/**
 * Recorded events, as files have them: JSON lines.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { z } from "zod";
import type { KeptDelivery } from "../deliveries/delivery.ts";
import type { JsonObject } from "../event_value.ts";

/** An event that arrived. A line of a file is its JSON. */
export interface RecordedEvent {
  /** Its type. */
  readonly type: string;
  /** When it had been handled, RFC 3339. */
  readonly time: string;
  /** By which source it came: `grpc`, `kafka`. */
  readonly source: string;
  /** How it ended. */
  readonly outcome: string;
  /** The event, without personal data. */
  readonly data: JsonObject;
}

const schema = z.object({
  type: z.string().min(1),
  time: z.string(),
  source: z.string(),
  outcome: z.string(),
  data: z.record(z.string(), z.unknown()),
});

/** Most events that are read of a file. */
const MAX_EVENTS = 10_000;

/** A file of recorded events that cannot be read; says which line and why. */
export class RecordedFileError extends Error {
  override name = "RecordedFileError";
}

/**
 * Reads a file of recorded events.
 *
 * @throws {RecordedFileError} It is none.
 */
export function readRecorded(
  name: string,
  text: string,
): readonly RecordedEvent[] {
  const lines = text.split("\n").map((line, index) => ({
    line,
    place: `${name}:${index + 1}`,
  })).filter(({ line }) => line.trim() !== "");
  if (lines.length === 0 || lines.length > MAX_EVENTS) {
    throw new RecordedFileError(
      `${name} has ${lines.length} events: expected 1 to ${MAX_EVENTS}`,
    );
  }
  return lines.map(({ line, place }) => {
    let input: unknown;
    try {
      input = JSON.parse(line);
    } catch (cause) {
      throw new RecordedFileError(`${place}: Line is no JSON`, { cause });
    }
    const parsed = schema.safeParse(input);
    if (parsed.success) return parsed.data as RecordedEvent;
    const [issue] = parsed.error.issues;
    throw new RecordedFileError(
      `${place}: Line is no recorded event: ${
        issue?.path.join(".")
      }: ${issue?.message}`,
    );
  });
}

/** The sources whose events `send` can send again. */
const SOURCES: ReadonlySet<string> = new Set(["grpc", "kafka"]);

/** The event of a note; `undefined` where it was not kept, or cannot be sent. */
export function eventOf(
  { type, time, source, outcome, data }: KeptDelivery,
): RecordedEvent | undefined {
  if (data === undefined || !SOURCES.has(source)) return undefined;
  return { type, time: new Date(time).toISOString(), source, outcome, data };
}

/** Names of fields that hold ids of players. */
const USER_ID = /user_?ids?$/i;

/** Gives players other ids, the same ones wherever they are named. */
export interface Pseudonyms {
  /** The event with other ids. */
  replace(event: RecordedEvent): RecordedEvent;
}

/**
 * Creates them.
 *
 * @param salt Kept nowhere: without it nobody can tell whose id it was.
 */
export function createPseudonyms(
  salt: string = crypto.randomUUID(),
): Pseudonyms {
  const idOf = (id: string) =>
    createHash("sha256").update(`${salt} ${id}`).digest("hex").slice(0, 32);

  function idsIn(value: unknown, isId: boolean, ids: Set<string>): void {
    if (typeof value === "string") {
      if (isId && value !== "") ids.add(value);
    } else if (Array.isArray(value)) {
      for (const item of value) idsIn(item, isId, ids);
    } else if (typeof value === "object" && value !== null) {
      for (const [name, inner] of Object.entries(value)) {
        idsIn(inner, USER_ID.test(name), ids);
      }
    }
  }

  function withOthers(value: unknown, ids: ReadonlySet<string>): unknown {
    if (typeof value === "string") return ids.has(value) ? idOf(value) : value;
    if (Array.isArray(value)) return value.map((item) => withOthers(item, ids));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map((
        [name, inner],
      ) => [name, withOthers(inner, ids)]),
    );
  }

  return {
    replace(event) {
      const ids = new Set<string>();
      idsIn(event.data, false, ids);
      return { ...event, data: withOthers(event.data, ids) as JsonObject };
    },
  };
}
