/**
 * Finds events by words.
 *
 * @module
 */

import { wordsOf } from "../event_words.ts";
import type { EventFacts } from "./event_facts.ts";

/**
 * The events in which every word occurs, whatever its case: in a type, in what the
 * name says, in the service, the message or a field. Fields that most events have
 * (`sessionId`) count for the whole word only, so that "session" finds sessions.
 *
 * Those come first whose names consist of the words, then those whose names contain
 * them, and last those where only the service, the message or a field does.
 *
 * @param words Without any, all events. `channel.*` stands for the events of a channel.
 */
export function searchEvents(
  events: readonly EventFacts[],
  words: readonly string[],
): readonly EventFacts[] {
  const wanted = words.map((word) => word.toLowerCase());
  return events.map((event) => ({ event, distance: distanceOf(event, wanted) }))
    .filter(({ distance }) => distance < Infinity)
    // The sort is stable: equal distances stay sorted by type.
    .sort((a, b) => a.distance - b.distance)
    .map(({ event }) => event);
}

/** How far an event is from the words, in lower case; Infinity: one is not in it. */
function distanceOf(event: EventFacts, words: readonly string[]): number {
  const lower = (texts: readonly string[]) =>
    texts.map((text) => text.toLowerCase());
  const [own = ""] = event.types[0].slice(event.channel.length + 1).split("@");
  const name = wordsOf(own);
  const nameWords = lower(name);
  const places:
    readonly (readonly [distance: number, has: (word: string) => boolean])[] = [
      [0, (word) => `${event.channel.toLowerCase()}.*` === word],
      [0, (word) => nameWords.includes(word)],
      [1, (word) => lower(event.types).some((text) => text.includes(word))],
      [1, (word) => event.says.toLowerCase().includes(word)],
      [
        4,
        (word) =>
          lower([event.service, event.message]).some((text) =>
            text.includes(word)
          ),
      ],
      [8, (word) => lower(event.fields).some((text) => text.includes(word))],
      [8, (word) => lower(event.envelope).includes(word)],
    ];
  const distance = words.reduce((sum, word) => {
    const found = places.find(([, has]) => has(word));
    return sum + (found?.[0] ?? Infinity);
  }, 0);
  // Of names with the same words, the shorter one is closer.
  return words.length === 0 ? 0 : distance + name.length / 100;
}
