/**
 * A figure over time, drawn in the terminal.
 *
 * @module
 */

/** Eighths of a cell, from the bottom. */
const BLOCKS = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

/** Options of {@linkcode plot}. */
export interface PlotOptions {
  /** What stands above it, with the unit. */
  readonly title: string;
  /** Lines of the drawing. @default {6} */
  readonly height?: number;
  /** Columns of the drawing at most. @default {72} */
  readonly width?: number;
}

/** Draws values as columns, from 0 to the largest. */
export function plot(
  values: readonly number[],
  { title, height = 6, width = 72 }: PlotOptions,
): string {
  const columns = shrink(values, width);
  const most = Math.max(...columns, Number.MIN_VALUE);
  const label = most < 10 ? most.toFixed(1) : most.toFixed(0);
  const lines = Array.from({ length: height }, (_, index) => {
    const bottom = height - 1 - index;
    const cells = columns.map((value) => {
      const eighths = Math.round(value / most * height * 8) - bottom * 8;
      return BLOCKS[Math.max(0, Math.min(8, eighths))];
    });
    const axis = index === 0 ? label : index === height - 1 ? "0" : "";
    return `${axis.padStart(8)} ┤${cells.join("")}`;
  });
  return [title, ...lines].join("\n");
}

/** At most so many values: each the largest of those that it stands for. */
function shrink(values: readonly number[], most: number): readonly number[] {
  const count = Math.min(values.length, most);
  return Array.from({ length: count }, (_, index) => {
    const from = Math.floor(index * values.length / count);
    const to = Math.floor((index + 1) * values.length / count);
    return Math.max(...values.slice(from, to));
  });
}
