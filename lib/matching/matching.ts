/**
 * `matching()`: a filter for handlers out of an event pattern.
 *
 * @module
 */

import type { Event } from "../core/event.ts";
import { compilePattern } from "./compile_pattern.ts";
import { PatternError } from "./errors.ts";
import type { FieldItem, FieldsPattern } from "./pattern.ts";

/** What an event may be. All that is said must match. */
export interface EventMatch {
  /** The event's data, field by field. */
  readonly detail?: FieldsPattern;
  /** The event's type: `clientEvents.loyaltypurchase`. */
  readonly type?: readonly FieldItem[];
  /** Who said so. */
  readonly source?: readonly FieldItem[];
  /** Whom it is about. */
  readonly subject?: readonly FieldItem[];
  /** The namespace it happened in. */
  readonly namespace?: readonly FieldItem[];
  /** What makes it one event. */
  readonly id?: readonly FieldItem[];
  /** When it happened (RFC 3339). */
  readonly time?: readonly FieldItem[];
  /** One of these must match, beside the rest. At least two. */
  readonly $or?: readonly EventMatch[];
}

/** What events have, to compare with. */
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
 * Makes a filter of an event pattern, as Amazon EventBridge has them
 * (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html).
 * It is compiled here and now, so that a pattern that makes no sense keeps the service
 * from starting.
 *
 * Two patterns that EventBridge takes are refused, because they match other events
 * than they seem to: a field both within `$or` and beside it, and numbers with more
 * digits than JavaScript and EventBridge can tell apart.
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
 * @param match What an event must be.
 * @returns Whether an event matches. It throws `TerminalError` for one that is made to
 * take for ever to compare.
 * @throws {PatternError} The pattern makes no sense, or not what it looks like.
 */
export function matching(match: EventMatch): (event: Event) => boolean {
  checkFields(match);
  const matches = compilePattern(match);
  return ({ data, ...attributes }) => matches({ ...attributes, detail: data });
}

/** A field that no event has would keep the handler from ever being called. */
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
