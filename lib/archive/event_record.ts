/**
 * Any event as the archive has it.
 *
 * @module
 */

import type { Event } from "../core/event.ts";
import { eventKey } from "../middleware/event_key.ts";
import { exactJsonOf } from "../core/exact_json.ts";

/**
 * The envelope of an event that is no client's: of the same form as theirs, so that one
 * template and one query serve for both.
 *
 * @param now When it came, in milliseconds since the epoch, for one that does not say
 * when it happened.
 */
export function archiveRecordOf(event: Event, now: number): Uint8Array {
  const { id, type, source, subject, time, namespace, data } = event;
  const record = exactJsonOf({
    version: "0",
    id,
    "detail-type": type,
    source,
    time: time ?? new Date(now).toISOString().replace(/\.\d+/, ""),
    ...(namespace !== undefined && { namespace }),
    resources: subject === undefined ? [] : [subject],
    detail: { eventType: type, schemaVersion: 1, data },
  });
  return new TextEncoder().encode(record);
}

const decoder = new TextDecoder();

/** What makes the event of such a record one event: its type and id. */
export function tappedKey(record: Uint8Array): string {
  const { id, "detail-type": type } = JSON.parse(decoder.decode(record)) as {
    readonly id: string;
    readonly "detail-type": string;
  };
  return eventKey({ type, id });
}
