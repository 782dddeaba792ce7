/**
 * The time that a shutdown has: `SHUTDOWN_GRACE` covers all of it, up to the exit.
 *
 * @module
 */

/** Who may take how long. Disposing ends the timers. */
export interface ShutdownBudget extends Disposable {
  /** Time for the handlers of the events in flight, in milliseconds. */
  readonly handlers: number;
  /** Time for handlers to heed that theirs is up, in milliseconds. */
  readonly settling: number;
  /** Ends when every answer and commit has to be out. */
  readonly answers: AbortSignal;
  /** Ends when all is over: spans and what is queued have to be out by then. */
  readonly all: AbortSignal;
}

/** What is kept for all that comes after the handlers, at most, in milliseconds. */
const MAX_RESERVE = 3_000;

/**
 * Starts the clock. Handlers have most of the time; a quarter of it, three seconds at
 * most, is kept in equal parts for those that are ended to settle, for the last answers
 * and commits, and for what is flushed.
 *
 * @param total `SHUTDOWN_GRACE`, in milliseconds.
 */
export function startBudget(total: number): ShutdownBudget {
  const part = Math.min(MAX_RESERVE, total / 4) / 3;
  const answers = new AbortController();
  const all = new AbortController();
  const timers = [
    setTimeout(() => answers.abort(), total - part),
    setTimeout(() => all.abort(), total),
  ];
  return {
    handlers: total - 3 * part,
    settling: part,
    answers: answers.signal,
    all: all.signal,
    [Symbol.dispose]() {
      for (const timer of timers) clearTimeout(timer);
    },
  };
}
