/**
 * Waiting that takes no time.
 *
 * @module
 */

/** What a client waited for between its attempts. */
export interface Sleeps extends Disposable {
  /** Milliseconds of each wait, first one first. */
  readonly milliseconds: readonly number[];
}

/**
 * Notes every timer that is set until it is disposed of, and fires it at once. A
 * timer of `except` milliseconds stays as it is: the request's own timeout.
 */
export function skipSleeps(except: number): Sleeps {
  return noteSleeps((delay) => delay === except ? delay : 0, except);
}

/** Notes every timer that is set until it is disposed of, and leaves it as it is. */
export function watchSleeps(): Sleeps {
  return noteSleeps((delay) => delay);
}

function noteSleeps(
  change: (delay: number) => number,
  except?: number,
): Sleeps {
  const { setTimeout } = globalThis;
  const milliseconds: number[] = [];
  // Called with a callback and a delay only, as the client does.
  const hurried = (callback: () => void, delay = 0) => {
    if (delay !== except) milliseconds.push(delay);
    return setTimeout(callback, change(delay));
  };
  globalThis.setTimeout = hurried as unknown as typeof setTimeout;
  return {
    milliseconds,
    [Symbol.dispose]() {
      globalThis.setTimeout = setTimeout;
    },
  };
}
