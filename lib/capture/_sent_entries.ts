/**
 * Reads what requests say of events, each in its own form.
 *
 * @module
 */

import { HttpProblem } from "../core/http.ts";
import type { SentEntry } from "./entry.ts";
import { rawValues } from "./_raw_values.ts";

/** The JSON of a request. */
export interface SentJson {
  /** As it was written. */
  readonly text: string;
  /** What it says. */
  readonly value: unknown;
}

type Data = Readonly<Record<string, unknown>>;

/**
 * The entries of `{"entries":[{"entry":…}]}`: each the JSON text of one event, or the
 * event itself, and beside it the client's own id of it, `eventId`.
 *
 * @param maxEntries Most of them.
 * @throws {HttpProblem} 400: there are none, or too many, or it is something else.
 */
export function sentEntries(
  { text, value }: SentJson,
  maxEntries: number,
): readonly SentEntry[] {
  const entries = listOf(objectOf(value)?.["entries"], maxEntries);
  const isText = entries.every((each) =>
    typeof objectOf(each)?.["entry"] === "string"
  );
  const raw = isText
    ? []
    : rawValues(text, { list: "entries", member: "entry" });
  return entries.map((each, index): SentEntry => {
    const { entry, eventId } = objectOf(each) ?? {};
    return {
      detail: typeof entry === "string" ? entry : raw[index] ?? "",
      ownId: idOf(eventId),
    };
  });
}

/** An own id; what is no text is one that is refused. */
function idOf(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  return typeof value === "string" ? value : "";
}

/** The names that AccelByte's Game Telemetry takes. */
const NAME = /^[A-Za-z0-9_.-]{1,128}$/;

/** Beside these, an event of Game Telemetry has its payload. */
const NOTES = [
  "EventTimestamp",
  "ClientTimestamp",
  "DeviceType",
  "FlightId",
] as const;

/**
 * The events of AccelByte's Game Telemetry call: a list of them. Each becomes an event
 * whose `eventType` is its `EventName`, and whose `data` is its `Payload`; they have no
 * versions, so `schemaVersion` is 1.
 *
 * @param maxEntries Most of them.
 * @throws {HttpProblem} 422: one of them is not as it should be.
 */
export function telemetryEntries(
  { text, value }: SentJson,
  maxEntries: number,
): readonly SentEntry[] {
  const isList = Array.isArray(value) && value.length > 0 &&
    value.length <= maxEntries;
  if (!isList) throw unprocessable();
  const payloads = rawValues(text, { member: "Payload" });
  return value.map((each: unknown, index): SentEntry => {
    const event = objectOf(each);
    const { EventName: name, EventNamespace: namespace, EventId: id } = event ??
      {};
    const payload = payloads[index];
    const isFine = event !== undefined && isName(name) && isName(namespace) &&
      objectOf(event["Payload"]) !== undefined && payload !== undefined;
    if (!isFine) throw unprocessable();
    const notes = NOTES.flatMap((note) => {
      const said = event[note];
      if (said === undefined || said === null || said === "") return [];
      if (typeof said !== "string" && typeof said !== "number") {
        throw unprocessable();
      }
      const key = note.slice(0, 1).toLowerCase() + note.slice(1);
      return [`,${JSON.stringify(key)}:${JSON.stringify(said)}`];
    });
    return {
      detail: `{"eventType":${JSON.stringify(name)},"schemaVersion":1,` +
        `"eventNamespace":${JSON.stringify(namespace)}${notes.join("")},` +
        `"data":${payload}}`,
      ownId: id === "" ? undefined : idOf(id),
    };
  });
}

function isName(value: unknown): value is string {
  return typeof value === "string" && NAME.test(value);
}

function unprocessable(): HttpProblem {
  return new HttpProblem(422, "Body is no list of telemetry events");
}

function listOf(value: unknown, maxEntries: number): readonly unknown[] {
  const isFine = Array.isArray(value) && value.length > 0 &&
    value.length <= maxEntries;
  if (!isFine) {
    throw new HttpProblem(
      400,
      `Body is no batch: expected entries, 1 to ${maxEntries}`,
    );
  }
  return value;
}

/** A value as an object; `undefined` where it is none. */
export function objectOf(value: unknown): Data | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? value as Data
    : undefined;
}
