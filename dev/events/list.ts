/**
 * Formats events as a list: one line each, by channel.
 *
 * @module
 */

import type { EventFacts } from "./event_facts.ts";
import type { Paint } from "./paint.ts";

/**
 * The lines of the list: under each channel its events, with the type, what the name
 * says, and the first fields that name the namespace and the user.
 */
export function listLines(
  events: readonly EventFacts[],
  paint: Paint,
): readonly string[] {
  const channels = Map.groupBy(events, ({ channel }) => channel);
  return [...channels].flatMap(([channel, own], index) => {
    const rows = own.map(({ types, says, namespaceFields, userFields }) => [
      types[0],
      says,
      [namespaceFields[0], userFields[0]].filter(Boolean).join(", "),
    ]);
    const widths = [0, 1].map((column) =>
      Math.max(...rows.map((row) => row[column]?.length ?? 0))
    );
    return [
      ...(index === 0 ? [] : [""]),
      paint("bold", channel),
      ...rows.map(([type = "", says = "", fields = ""]) =>
        [
          "  ",
          paint("cyan", type.padEnd(widths[0] ?? 0)),
          "  ",
          says.padEnd(widths[1] ?? 0),
          "  ",
          paint("dim", fields),
        ].join("")
      ),
    ];
  });
}
