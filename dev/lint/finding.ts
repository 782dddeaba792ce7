/**
 * Something to mend in a file.
 *
 * @module
 */

/** A place, and what is wrong there. */
export interface Finding {
  /** Path, relative to the project. */
  readonly file: string;
  /** Line, from 1. */
  readonly line: number;
  /** Column, from 1. */
  readonly column: number;
  /** What is wrong, in one line. */
  readonly text: string;
}

/** One line, whose beginning terminals and editors make a link of. */
export function findingLine({ file, line, column, text }: Finding): string {
  return `${file}:${line}:${column} ${text}`;
}
