/**
 * The archive's form of any event.
 *
 * @module
 */

import type { Event } from "../core/event.ts";
import { eventKey } from "../middleware/event_key.ts";
import { exactJsonOf } from "../core/exact_json.ts";

/**
 * The envelope of an event that is not a client's. It has the same form as a
 * client's, so that one template and one query serve both.
 *
 * @param now The arrival time in milliseconds since the epoch, for an event
 * without a time of its own.
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
