/**
 * Finds events by words.
 *
 * @module
 */

import type { EventFacts } from "./event_facts.ts";

/**
 * The events in which every word occurs, whatever its case: in a type, in what the
 * name says, in the service, the message or a field. Fields that most events have
 * (`sessionId`) count for the whole word only, so that "session" finds sessions.
 *
 * @param words Without any, all events. `channel.*` stands for the events of a channel.
 */
export function searchEvents(
  events: readonly EventFacts[],
  words: readonly string[],
): readonly EventFacts[] {
  const wanted = words.map((word) => word.toLowerCase());
  return events.filter((event) => {
    const texts = [
      ...event.types,
      event.says,
      event.service,
      event.message,
      ...event.fields,
    ].map((text) => text.toLowerCase());
    const envelope = event.envelope.map((name) => name.toLowerCase());
    return wanted.every((word) =>
      word.endsWith(".*")
        ? `${event.channel.toLowerCase()}.*` === word
        : texts.some((text) => text.includes(word)) || envelope.includes(word)
    );
  });
}
