/**
 * Ranges of entries that are in no inbox.
 *
 * @module
 */

import type { InboxRange } from "../../lib/core/inbox.ts";

/** When the entries were accepted. */
export const ACCEPTED_AT = Date.parse("2026-03-04T05:06:07Z");

const encoder = new TextEncoder();

/** A range of events, as JSON or as they are. */
export function rangeOf(
  events: readonly unknown[],
  id = "0123abcd-000000000000-000000000009",
): InboxRange {
  return {
    id,
    async *entries() {
      for (const event of events) {
        await undefined;
        const bytes = event instanceof Uint8Array
          ? event
          : encoder.encode(typeof event === "string" ? event : json(event));
        yield { bytes, acceptedAt: ACCEPTED_AT, failures: 0 };
      }
    },
    commit: () => Promise.resolve(),
  };
}

function json(event: unknown): string {
  return JSON.stringify(event);
}

/** An event of a client, as the archive takes it. */
export interface ClientEvent {
  readonly source: string;
  readonly resources: readonly string[];
  readonly detail: Readonly<Record<string, unknown>>;
}

/** Makes an event of a client. */
export function clientEvent(
  eventType: unknown,
  more: Readonly<Record<string, unknown>> = {},
): ClientEvent {
  return {
    source: "clientevents",
    resources: ["c-1"],
    detail: { eventType, schemaVersion: 2, ...more },
  };
}
