/**
 * Parses the events in requests, one format per endpoint.
 *
 * @module
 */

import { isObject } from "../core/is_object.ts";
import { HttpProblem } from "../core/http.ts";
import type { SentEntry } from "./entry.ts";
import { rawValues } from "./_raw_values.ts";

/** The JSON of a request. */
export interface SentJson {
  /** Its source text. */
  readonly text: string;
  /** Its value. */
  readonly value: unknown;
}

type Data = Readonly<Record<string, unknown>>;

/**
 * The entries of `{"entries":[{"entry":…}]}`: each `entry` is an event or its
 * JSON text, and `eventId` is the client's own id of it.
 *
 * @param maxEntries The most entries.
 * @throws {HttpProblem} 400: there are none, too many, or the body has another
 * form.
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

/** A client's own id; a value that is not text is refused. */
function idOf(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  return typeof value === "string" ? value : "";
}

/** The names that AccelByte's Game Telemetry accepts. */
const NAME = /^[A-Za-z0-9_.-]{1,128}$/;

/** Fields of a Game Telemetry event besides its payload. */
const NOTES = [
  "EventTimestamp",
  "ClientTimestamp",
  "DeviceType",
  "FlightId",
] as const;

/**
 * The events of AccelByte's Game Telemetry call, which is a list. Each becomes
 * an event whose `eventType` is its `EventName` and whose `data` is its
 * `Payload`; they have no versions, so `schemaVersion` is 1.
 *
 * @param maxEntries The most entries.
 * @throws {HttpProblem} 422: one of them is invalid.
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
  return new HttpProblem(422, "Body is not a list of telemetry events");
}

function listOf(value: unknown, maxEntries: number): readonly unknown[] {
  const isFine = Array.isArray(value) && value.length > 0 &&
    value.length <= maxEntries;
  if (!isFine) {
    throw new HttpProblem(
      400,
      `Body is not a batch: expected entries, 1 to ${maxEntries}`,
    );
  }
  return value;
}

/** A value as an object; `undefined` if it is not one. */
export function objectOf(value: unknown): Data | undefined {
  return isObject(value) ? value : undefined;
}
