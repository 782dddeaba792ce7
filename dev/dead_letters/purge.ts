/**
 * Removes dead letters from their files.
 *
 * @module
 */

import { rotatedName } from "../../lib/dead_letters/file_sink.ts";
import type { LetterLine } from "../../lib/dead_letters/letter_line.ts";
import { letterFiles, readLetters } from "./letter_files.ts";

/** Options of {@linkcode purgeLetters}. */
export interface PurgeOptions {
  /** Whether to remove a dead letter. */
  readonly isGone: (letter: LetterLine) => boolean;
  /** Waits for a writer that has the file open. @default {a second} */
  readonly settle?: () => Promise<void>;
}

/**
 * Removes dead letters. The rest, including lines that are not dead letters, is
 * kept in a separate file next to the current one; a running service notices
 * that its file was moved, and starts a new one.
 *
 * @returns How many were removed.
 */
export async function purgeLetters(
  path: string,
  { isGone, settle = aSecond }: PurgeOptions,
): Promise<number> {
  let removed = 0;
  const files = await letterFiles(path);
  const moved: string[] = [];
  for (const file of files) {
    const aside = file === path ? rotatedName(path, Date.now()) : file;
    if (aside !== file) await Deno.rename(file, aside);
    moved.push(aside);
  }
  // A write that began before the file was moved ends in the moved file.
  await settle();
  for (const file of moved) removed += await purgeFile(file, isGone);
  return removed;
}

async function purgeFile(
  file: string,
  isGone: PurgeOptions["isGone"],
): Promise<number> {
  const kept: string[] = [];
  let removed = 0;
  for await (const entry of readLetters(file)) {
    if ("letter" in entry && isGone(entry.letter)) removed++;
    else kept.push(entry.line);
  }
  if (removed === 0) return 0;
  if (kept.length === 0) await Deno.remove(file);
  else {
    const next = `${file}.new`;
    const text = kept.map((line) => `${line}\n`).join("");
    await Deno.writeTextFile(next, text, { mode: 0o600 });
    await Deno.rename(next, file);
  }
  return removed;
}

function aSecond(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1_000));
}
