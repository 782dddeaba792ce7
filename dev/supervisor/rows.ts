/**
 * The rows of the banner.
 *
 * @module
 */

/** A row: what it is, and the value, which may have several lines. */
export type Row = readonly [name: string, value: string];

/** The rows as they are printed. */
export function textOf(rows: readonly Row[]): string {
  return rows.map(([name, value]) =>
    `  ${name.padEnd(10)} ${value.replaceAll("\n", `\n${" ".repeat(13)}`)}`
  ).join("\n");
}

/** The rows that are not as they were. */
export function changedRows(
  before: readonly Row[],
  now: readonly Row[],
): readonly Row[] {
  const old = new Map(before);
  return now.filter(([name, value]) => old.get(name) !== value);
}
