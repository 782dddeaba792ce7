/**
 * `matching()`: creates a handler filter from an event pattern.
 *
 * @module
 */

import type { Event } from "../core/event.ts";
import { compilePattern } from "./compile_pattern.ts";
import { PatternError } from "./errors.ts";
import type { FieldItem, FieldsPattern } from "./pattern.ts";

/** The pattern of an event. All fields must match. */
export interface EventMatch {
  /** The event's data, field by field. */
  readonly detail?: FieldsPattern;
  /** The event's type: `clientEvents.loyaltypurchase`. */
  readonly type?: readonly FieldItem[];
  /** Its source. */
  readonly source?: readonly FieldItem[];
  /** The subject it is about. */
  readonly subject?: readonly FieldItem[];
  /** The namespace it happened in. */
  readonly namespace?: readonly FieldItem[];
  /** Its id. */
  readonly id?: readonly FieldItem[];
  /** When it happened (RFC 3339). */
  readonly time?: readonly FieldItem[];
  /**
   * Alternatives, one of which must match, in addition to the rest. At least
   * two.
   */
  readonly $or?: readonly EventMatch[];
}

/** The fields of events that can be compared. */
const FIELDS: ReadonlySet<string> = new Set([
  "detail",
  "type",
  "source",
  "subject",
  "namespace",
  "id",
  "time",
]);

/**
 * Creates a filter from an Amazon EventBridge event pattern
 * (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html).
 * It is compiled immediately, so that the service does not start with an
 * invalid pattern.
 *
 * Two kinds of pattern that EventBridge accepts are refused, because they match
 * other events than they appear to: a field both within `$or` and beside it,
 * and numbers with more digits than JavaScript and EventBridge can distinguish.
 *
 * @example
 * ```ts
 * import { matching } from "./matching.ts";
 *
 * export const filter = matching({
 *   detail: {
 *     schemaVersion: [2],
 *     data: { price: [{ numeric: [">=", 10] }], currency: ["EUR", "USD"] },
 *   },
 * });
 * ```
 *
 * @param match The pattern.
 * @returns Whether an event matches. It throws `TerminalError` for an event
 * designed to take for ever.
 * @throws {PatternError} The pattern is invalid or misleading.
 */
export function matching(match: EventMatch): (event: Event) => boolean {
  checkFields(match);
  const matches = compilePattern(match);
  return ({ data, ...attributes }) => matches({ ...attributes, detail: data });
}

/** A misspelt field would prevent the handler from ever being called. */
function checkFields(match: EventMatch): void {
  if (typeof match !== "object" || match === null) return;
  for (const [name, value] of Object.entries(match)) {
    if (name === "$or" && Array.isArray(value)) value.forEach(checkFields);
    else if (!FIELDS.has(name.split(".")[0] ?? name)) {
      throw new PatternError(
        `Event pattern has field "${name}": expected ${
          [...FIELDS].join(", ")
        } or $or`,
      );
    }
  }
}
