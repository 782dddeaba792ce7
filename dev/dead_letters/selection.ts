/**
 * Which dead letters a command is about: one for each event, the newest.
 *
 * @module
 */

import type { LetterLine } from "../../lib/dead_letters/letter_line.ts";
import {
  eventOf,
  letterFiles,
  readLetters,
  type UnreadableLine,
} from "./letter_files.ts";
import type { Replayed } from "./replayed.ts";

/** What a letter has to be; what is left out does not matter. */
export interface Wanted {
  /** The event's type. */
  readonly type?: string | undefined;
  /** The event's id. */
  readonly id?: string | undefined;
  /** How it ended: `rejected` or `exhausted`. */
  readonly outcome?: string | undefined;
}

/** A letter, and how many there are of its event. */
export interface SelectedLetter {
  /** The newest of them. */
  readonly letter: LetterLine;
  /** How many there are. */
  readonly count: number;
}

/** What was found. */
export interface Selection {
  /** The letters, oldest first. */
  readonly letters: readonly SelectedLetter[];
  /** Events that were left out because they were replayed. */
  readonly replayed: number;
  /** Lines that are no letters. */
  readonly unreadable: readonly UnreadableLine[];
}

/** Options of {@linkcode selectLetters}. */
export interface SelectOptions {
  /** What is wanted. */
  readonly wanted: Wanted;
  /** What has been replayed; it is left out. */
  readonly replayed: Replayed;
}

/** Whether a letter is what is wanted. */
export function isWanted(letter: LetterLine, wanted: Wanted): boolean {
  const { event, outcome } = letter;
  return event.type === (wanted.type ?? event.type) &&
    event.id === (wanted.id ?? event.id) &&
    outcome === (wanted.outcome ?? outcome);
}

/**
 * Finds the letters that are wanted. A batch that AGS delivers again may leave more
 * than one letter of an event: they are one here.
 *
 * @throws {NoLettersError} There are no files.
 */
export async function selectLetters(
  path: string,
  { wanted, replayed }: SelectOptions,
): Promise<Selection> {
  const found = new Map<string, SelectedLetter>();
  const done = new Set<string>();
  const unreadable: UnreadableLine[] = [];
  for (const file of await letterFiles(path)) {
    for await (const entry of readLetters(file)) {
      if (!("letter" in entry)) {
        unreadable.push(entry);
        continue;
      }
      const { letter } = entry;
      if (!isWanted(letter, wanted)) continue;
      const key = eventOf(letter);
      if (replayed.has(letter)) {
        done.add(key);
        continue;
      }
      const before = found.get(key);
      const isNewest = before === undefined ||
        letter.time >= before.letter.time;
      found.set(key, {
        letter: isNewest ? letter : before.letter,
        count: (before?.count ?? 0) + 1,
      });
    }
  }
  const letters = [...found.values()].sort((a, b) =>
    a.letter.time < b.letter.time ? -1 : a.letter.time > b.letter.time ? 1 : 0
  );
  return { letters, replayed: done.size, unreadable };
}
