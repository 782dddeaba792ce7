/**
 * Reads the files of dead letters: the current one, and full ones next to it.
 *
 * @module
 */

import { createReadStream } from "node:fs";
import { basename, dirname, join } from "node:path";
import { createInterface } from "node:readline";
import {
  decodeLetter,
  type LetterLine,
  LetterLineError,
} from "../../lib/dead_letters/letter_line.ts";

/** A dead letter in a file. */
export interface StoredLetter {
  /** The dead letter. */
  readonly letter: LetterLine;
  /** The unmodified line. */
  readonly line: string;
  /** Its file. */
  readonly file: string;
}

/** A line that is not a dead letter. */
export interface UnreadableLine {
  /** Its file. */
  readonly file: string;
  /** Its number, from 1. */
  readonly number: number;
  /** What is wrong with it, without its content. */
  readonly why: string;
  /** The unmodified line. */
  readonly line: string;
}

/** There are no files of dead letters. */
export class NoLettersError extends Error {
  override name = "NoLettersError";
}

/** What `lib/dead_letters/file_sink.ts` appends to the name of a full file. */
const ROTATED = /^\.\d{8}T\d{9}Z-[0-9a-f]{8}$/;

/**
 * The files, oldest first.
 *
 * @throws {NoLettersError} There are none.
 */
export async function letterFiles(path: string): Promise<readonly string[]> {
  const [folder, name] = [dirname(path), basename(path)];
  const names: string[] = [];
  try {
    for await (const entry of Deno.readDir(folder)) {
      if (entry.isFile && entry.name.startsWith(name)) names.push(entry.name);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  const rotated = names.filter((each) => ROTATED.test(each.slice(name.length)));
  const files = [
    ...rotated.sort(),
    ...names.filter((each) => each === name),
  ].map((each) => join(folder, each));
  if (files.length > 0) return files;
  throw new NoLettersError(
    `No dead letters at ${path}: expected what DEAD_LETTER=file:… names, or --file`,
  );
}

/** Reads one file, line by line: dead letters, and other lines. */
export async function* readLetters(
  file: string,
): AsyncGenerator<StoredLetter | UnreadableLine> {
  const lines = createInterface({
    input: createReadStream(file),
    crlfDelay: Infinity,
  });
  let number = 0;
  for await (const line of lines) {
    number++;
    if (line === "") continue;
    try {
      yield { letter: decodeLetter(line), line, file };
    } catch (error) {
      if (!(error instanceof LetterLineError)) throw error;
      yield { file, number, why: error.message, line };
    }
  }
}

/** Identifies the event of a dead letter. */
export function eventOf({ event }: Pick<LetterLine, "event">): string {
  return `${event.type}\n${event.id}`;
}
