/**
 * The matrix as text: for a terminal, and for a page.
 *
 * @module
 */

import type { Cell } from "./cell.ts";
import type { Gap } from "./fault_case.ts";
import { STORES } from "./stores.ts";

/** What a note says of a figure that need not be 0. */
const NOTES: Readonly<Record<Gap, string>> = {
  answer: "gap 1 of v1: nobody can know whether AGS has granted when its " +
    "answer does not arrive",
  process: "gap 2 of v1: the process was killed between a grant and its mark",
  memory: "memory forgets with its process what was done: a batch that comes " +
    "again is granted again",
  none: "the contrast: nothing remembers what was done, as without this " +
    "service's store",
};

const MARKS: Readonly<Record<Gap, string>> = {
  answer: "¹",
  process: "²",
  memory: "³",
  none: "⁴",
};

const HEAD = [
  "Fault",
  "Store",
  "Delivered",
  "Handled",
  "Duplicates absorbed",
  "Granted twice",
  "Lost",
  "Dead-lettered",
  "Time",
];

/** The table's rows, the head first. */
function rowsOf(cells: readonly Cell[]): readonly (readonly string[])[] {
  return [
    HEAD,
    ...cells.map((cell) => [
      cell.title,
      cell.store,
      `${cell.delivered}`,
      `${cell.handled}`,
      `${cell.absorbed}`,
      `${cell.twice}${markOf(cell)}`,
      `${cell.lost}`,
      `${cell.deadLettered}`,
      `${(cell.milliseconds / 1_000).toFixed(1)} s`,
    ]),
  ];
}

function markOf({ gap, problems }: Cell): string {
  if (problems.length > 0) return " ✗";
  return gap === undefined ? "" : ` ${MARKS[gap]}`;
}

/** What the marks mean that are in use. */
function notesOf(cells: readonly Cell[]): readonly string[] {
  const used = new Set(cells.map(({ gap }) => gap));
  return (Object.keys(NOTES) as Gap[]).filter((gap) => used.has(gap))
    .map((gap) => `${MARKS[gap]} ${NOTES[gap]}`);
}

/** What is not as guaranteed, one a line. */
export function problemLines(cells: readonly Cell[]): readonly string[] {
  return cells.flatMap(({ fault, store, problems }) =>
    problems.map((problem) => `✗ ${fault}, ${store}: ${problem}`)
  );
}

/** The table for a terminal. */
export function tableText(cells: readonly Cell[]): string {
  const rows = rowsOf(cells);
  const widths = HEAD.map((_, column) =>
    Math.max(...rows.map((row) => [...row[column] ?? ""].length))
  );
  const lines = rows.map((row) =>
    row.map((text, column) => {
      const width = widths[column] ?? 0;
      return column < 2 ? text.padEnd(width) : text.padStart(width);
    }).join("  ").trimEnd()
  );
  return [...lines, "", ...notesOf(cells)].join("\n").trimEnd();
}

/** The table for a page. */
export function tableMarkdown(cells: readonly Cell[]): string {
  const [head = [], ...rows] = rowsOf(cells);
  return [
    ...markdown(head, rows, 2),
    "",
    ...listOf(notesOf(cells)),
  ].join("\n").trimEnd();
}

/**
 * How many events were granted twice, by fault and store: a row a fault. Where a
 * cell was not tried there is a dash.
 */
export function summaryMarkdown(cells: readonly Cell[]): string {
  const stores = STORES.map(({ name }) => name)
    .filter((name) => cells.some(({ store }) => store === name));
  const faults = [...new Set(cells.map(({ title }) => title))];
  const rows = faults.map((title) => [
    title,
    ...stores.map((store) => {
      const cell = cells.find((each) =>
        each.title === title && each.store === store
      );
      return cell === undefined ? "–" : `${cell.twice}${markOf(cell)}`;
    }),
  ]);
  const names = stores.map((store) => `\`${store}\``);
  return [
    ...markdown(["Granted twice", ...names], rows, 1),
    "",
    ...listOf(notesOf(cells)),
  ].join("\n").trimEnd();
}

function markdown(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  texts: number,
): readonly string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [
    line(head),
    line(head.map((_, column) => column < texts ? "---" : "---:")),
    ...rows.map(line),
  ];
}

function listOf(notes: readonly string[]): readonly string[] {
  return notes.map((note) => `${note}.\n`);
}

/** What all of it comes to, in one sentence. */
export function verdictOf(cells: readonly Cell[]): string {
  const sum = (figure: (cell: Cell) => number) =>
    cells.reduce((total, cell) => total + figure(cell), 0);
  const guaranteed = cells.filter(({ gap }) => gap === undefined);
  const failed = cells.filter(({ problems }) => problems.length > 0).length;
  const seconds = sum(({ milliseconds }) => milliseconds) / 1_000;
  return `${cells.length} cells, ${sum(({ delivered }) => delivered)} ` +
    `deliveries in ${seconds.toFixed(0)} s: ${sum(({ lost }) => lost)} lost; ` +
    `${guaranteed.reduce((total, { twice }) => total + twice, 0)} granted ` +
    `twice in the ${guaranteed.length} cells that guarantee it; ` +
    (failed === 0 ? "all is as guaranteed" : `${failed} cells are not so`);
}
