/**
 * Reads Prometheus's text format.
 *
 * @module
 */

/** What a scrape says. */
export interface Exposition {
  /** The text. */
  readonly text: string;
  /**
   * The value of one series, by its name and labels as written:
   * `events_total{type="a",source="grpc",outcome="handled"}`. `undefined` when
   * there is none.
   */
  value(series: string): number | undefined;
  /** All series that begin so. */
  series(start: string): readonly string[];
}

/** Reads a scrape. */
export function parseExposition(text: string): Exposition {
  const values = new Map<string, number>();
  for (const line of text.split("\n")) {
    if (line === "" || line.startsWith("#")) continue;
    const space = line.lastIndexOf(" ");
    const series = line.slice(0, space);
    if (values.has(series)) throw new Error(`Series ${series} is there twice`);
    values.set(series, Number(line.slice(space + 1)));
  }
  return {
    text,
    value: (series) => values.get(series),
    series: (start) =>
      [...values.keys()].filter((each) => each.startsWith(start)),
  };
}
