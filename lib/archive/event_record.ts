/**
 * Any event as the archive has it.
 *
 * @module
 */

import type { Event } from "../core/event.ts";
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
