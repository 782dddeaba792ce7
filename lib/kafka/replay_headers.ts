/**
 * Headers of replayed records.
 *
 * @module
 */

import { headerOf } from "./record_arrival.ts";
import type { StreamRecord } from "../eventstream/record.ts";

/** Names of the headers of a replayed record. */
export const REPLAY_HEADERS = {
  /** Runs the event although it is a dead letter. */
  replay: "event-replay",
  /**
   * The only group, with prefix, that it is meant for: others have handled it.
   */
  group: "event-replay-group",
} as const;

/**
 * Whether a record is meant for a group: all are, except those replayed for
 * another one.
 *
 * @param group The group, with prefix.
 */
export function isForGroup({ headers }: StreamRecord, group: string): boolean {
  if (headers.length === 0) return true;
  const only = headerOf(headers, REPLAY_HEADERS.group);
  return only === undefined || only === group;
}
