/**
 * Says that an event does not exist, and what may have been meant.
 *
 * @module
 */

import { channelOf, nearestType } from "../lib/core/event_types.ts";
import { OPEN_CHANNELS } from "../lib/events/open_events.ts";

/**
 * One sentence.
 *
 * @param word What was asked for: an event type, or `channel.*`.
 * @param types All event types.
 */
export function unknownEvent(word: string, types: readonly string[]): string {
  if (OPEN_CHANNELS.includes(channelOf(word))) {
    return `Event "${word}" is none of AGS's own: docs/messaging.md shows the ` +
      "handler of such an event";
  }
  const candidates = word.endsWith(".*")
    ? types.map((type) => `${channelOf(type)}.*`)
    : types;
  const closest = nearestType(word, candidates);
  const hint = closest === undefined ? "" : `: did you mean "${closest}"`;
  return `Event "${word}" does not exist${hint}`;
}
