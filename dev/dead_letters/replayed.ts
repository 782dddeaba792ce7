/**
 * Records which dead letters have been replayed: `<file>.replayed`.
 *
 * @module
 */

import { z } from "zod";
import type { LetterLine } from "../../lib/dead_letters/letter_line.ts";
import { eventOf } from "./letter_files.ts";

const schema = z.object({
  type: z.string(),
  id: z.string(),
  time: z.iso.datetime(),
});

/** The replayed dead letters. Disposing closes the file. */
export interface Replayed extends Disposable {
  /** Whether the event was replayed since the dead letter was written. */
  has(letter: LetterLine): boolean;
  /** Records a replay. */
  add(letter: LetterLine): Promise<void>;
}

/** Reads which dead letters at `path` have been replayed. */
export async function openReplayed(path: string): Promise<Replayed> {
  const file = `${path}.replayed`;
  const times = new Map<string, string>();
  for (const line of await readLines(file)) {
    const { success, data } = schema.safeParse(parse(line));
    // An incomplete line, from an interrupted run: its dead letter is replayed
    // once more.
    if (success) remember({ event: data, time: data.time });
  }
  let output: Deno.FsFile | undefined;

  function remember(
    { event, time }: {
      readonly event: { readonly type: string; readonly id: string };
      readonly time: string;
    },
  ): void {
    const key = `${event.type}\n${event.id}`;
    if (time > (times.get(key) ?? "")) times.set(key, time);
  }

  return {
    has: (letter) => letter.time <= (times.get(eventOf(letter)) ?? ""),
    async add(letter) {
      const { event: { type, id }, time } = letter;
      output ??= await Deno.open(file, {
        append: true,
        create: true,
        mode: 0o600,
      });
      const line = `${JSON.stringify({ type, id, time })}\n`;
      await output.write(new TextEncoder().encode(line));
      remember(letter);
    },
    [Symbol.dispose]() {
      output?.close();
    },
  };
}

async function readLines(file: string): Promise<readonly string[]> {
  try {
    return (await Deno.readTextFile(file)).split("\n");
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
