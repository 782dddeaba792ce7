/**
 * Replaces what of an event may name a person, so that the event can be kept and sent
 * again. What is known to be harmless stays; of the rest, texts become samples.
 *
 * @module
 */

import { isObject } from "../../lib/core/is_object.ts";
import { harmlessPart, REDACTED } from "../../lib/telemetry/harmless_part.ts";
import type { JsonObject } from "../event_value.ts";
import { sampleText } from "../sample.ts";

/** Largest event that is kept, in characters of JSON. */
const MAX_LENGTH = 64 * 1024;

/**
 * A copy of an event's data without personal data. Ids of players stay: they say who is
 * who among the events.
 *
 * @param data What `event.data` is.
 * @returns `undefined` for what is no JSON object, or too large.
 */
export function withoutPersonalData(data: unknown): JsonObject | undefined {
  if (!isObject(data)) return undefined;
  let text: string | undefined;
  try {
    text = JSON.stringify(data);
  } catch {
    return undefined;
  }
  if (text === undefined || text.length > MAX_LENGTH) return undefined;
  const plain: unknown = JSON.parse(text);
  return replaced(plain, harmlessPart(plain), "") as JsonObject;
}

/** The value, with a sample where the harmless part has none. */
function replaced(value: unknown, harmless: unknown, name: string): unknown {
  if (Array.isArray(value)) {
    const items = Array.isArray(harmless) ? harmless : [];
    return value.slice(0, items.length).map((item, index) =>
      replaced(item, items[index], name)
    );
  }
  if (typeof value === "object" && value !== null) {
    const fields = Object.entries((harmless ?? {}) as JsonObject);
    const inner = value as JsonObject;
    return Object.fromEntries(fields.flatMap(([field, part]) =>
      // A name that is none was replaced itself: such an entry is left out.
      Object.hasOwn(inner, field)
        ? [[field, replaced(inner[field], part, field)]]
        : []
    ));
  }
  if (harmless !== REDACTED) return harmless;
  // A player's id may be of another shape than AGS's own, in tests for instance.
  if (/^user_?id$/i.test(name) && isToken(value)) return value;
  if (typeof value === "number") return 0;
  if (typeof value === "string" && /^-?\d+$/.test(value)) return "0";
  return sampleText(name);
}

/** Whether a text is one word without what e-mail addresses and names have. */
function isToken(value: unknown): boolean {
  return typeof value === "string" && /^[\w-]{1,64}$/.test(value);
}
