/**
 * Selects dead letters for a command: the newest one of each event.
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

/** The criteria; omitted ones match everything. */
export interface Wanted {
  /** The event's type. */
  readonly type?: string | undefined;
  /** The event's id. */
  readonly id?: string | undefined;
  /** Its outcome: `rejected` or `exhausted`. */
  readonly outcome?: string | undefined;
}

/** A dead letter, with the number of its event's dead letters. */
export interface SelectedLetter {
  /** The newest of them. */
  readonly letter: LetterLine;
  /** Their number. */
  readonly count: number;
}

/** The result of a selection. */
export interface Selection {
  /** The dead letters, oldest first. */
  readonly letters: readonly SelectedLetter[];
  /** Events omitted because they were replayed. */
  readonly replayed: number;
  /** Lines that are not dead letters. */
  readonly unreadable: readonly UnreadableLine[];
}

/** Options of {@linkcode selectLetters}. */
export interface SelectOptions {
  /** The criteria. */
  readonly wanted: Wanted;
  /** The replayed dead letters, which are omitted. */
  readonly replayed: Replayed;
}

/** Whether a dead letter matches. */
export function isWanted(letter: LetterLine, wanted: Wanted): boolean {
  const { event, outcome } = letter;
  return event.type === (wanted.type ?? event.type) &&
    event.id === (wanted.id ?? event.id) &&
    outcome === (wanted.outcome ?? outcome);
}

/**
 * Selects dead letters. A redelivered batch may leave several dead letters of
 * an event: they count as one here.
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
