/**
 * The time budget of a shutdown: `SHUTDOWN_GRACE` covers all of it, up to the
 * exit.
 *
 * @module
 */

/** How the shutdown time is divided. Disposing it clears the timers. */
export interface ShutdownBudget extends Disposable {
  /** Time for the handlers of the events in flight, in milliseconds. */
  readonly handlers: number;
  /** Time for aborted handlers to end, in milliseconds. */
  readonly settling: number;
  /** Aborts when every answer and commit has to be sent. */
  readonly answers: AbortSignal;
  /**
   * Aborts at the end of the budget, when spans and queued output have to be
   * sent.
   */
  readonly all: AbortSignal;
}

/**
 * The most that is reserved for the steps after the handlers, in milliseconds.
 */
const MAX_RESERVE = 3_000;

/**
 * Starts the clock. Handlers get most of the time. A quarter, at most three
 * seconds, is reserved in equal parts for aborted handlers to end, for the last
 * answers and commits, and for flushing.
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
