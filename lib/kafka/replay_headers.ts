/**
 * What says of a record that an operator sends it again.
 *
 * @module
 */

import { headerOf } from "./record_arrival.ts";
import type { StreamRecord } from "../eventstream/record.ts";

/** Names of the headers of a record that is sent again. */
export const REPLAY_HEADERS = {
  /** Has the event run although it was set aside. */
  replay: "event-replay",
  /** The only group, with prefix, that it is for: others have had it. */
  group: "event-replay-group",
} as const;

/**
 * Whether a record is for a group: all are, but those that are sent again for another.
 *
 * @param group The group, with prefix.
 */
export function isForGroup({ headers }: StreamRecord, group: string): boolean {
  if (headers.length === 0) return true;
  const only = headerOf(headers, REPLAY_HEADERS.group);
  return only === undefined || only === group;
}
