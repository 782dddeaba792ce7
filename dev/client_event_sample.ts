/**
 * Makes an event as a game client sends it: for `send`, and for tests of handlers.
 *
 * @module
 */

import { exactJsonOf } from "../lib/core/exact_json.ts";
import { ClientEventError } from "./client_events.ts";

/** Options of {@linkcode sampleOf}. */
export interface ClientEventSampleOptions {
  /** What it has in place of the sample's fields. @default {nothing} */
  readonly json?: unknown;
  /** `path=value` for each field to set: JSON, or else text. */
  readonly sets: readonly string[];
}

/**
 * Makes one.
 *
 * @param type The event's type: `clientEvents.<eventType>`.
 * @returns The event as JSON text.
 * @throws {ClientEventError} A field cannot be set.
 */
export function sampleOf(
  type: string,
  { json, sets }: ClientEventSampleOptions,
): string {
  const event: Record<string, unknown> = {
    eventType: type.slice(type.indexOf(".") + 1),
    schemaVersion: 1,
    data: { sample: "value" },
    ...(typeof json === "object" ? json : {}),
  };
  for (const assignment of sets) setPath(event, assignment);
  return exactJsonOf(event) ?? "";
}

/** Sets a field by its path: `data.page=7`. */
function setPath(target: Record<string, unknown>, assignment: string): void {
  const [, path = "", text = ""] = /^([^=]+)=(.*)$/s.exec(assignment) ?? [];
  const names = path.split(".");
  const last = names.pop();
  if (last === undefined || last === "") {
    throw new ClientEventError(`--set is "${assignment}": expected path=value`);
  }
  let place = target;
  for (const name of names) {
    const next = place[name];
    const isObject = typeof next === "object" && next !== null;
    if (!isObject) Object.assign(place, { [name]: {} });
    place = place[name] as Record<string, unknown>;
  }
  place[last] = valueOf(text);
}

/** JSON where it is JSON, else the text. */
function valueOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
