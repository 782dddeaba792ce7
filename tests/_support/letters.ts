/**
 * A sink of dead letters that keeps them in memory.
 *
 * @module
 */

import type { DeadLetter, DeadLetterSink } from "../../lib/core/dead_letter.ts";

/** A sink, and what was written to it. */
export interface RecordingLetters extends DeadLetterSink {
  /** The letters, in order. */
  readonly letters: readonly DeadLetter[];
}

/** Makes an empty one. */
export function recordLetters(): RecordingLetters {
  const letters: DeadLetter[] = [];
  return {
    letters,
    write(letter) {
      letters.push(letter);
      return Promise.resolve();
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
