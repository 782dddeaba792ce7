/**
 * Ctrl-C and SIGTERM, as somebody at a terminal means them.
 *
 * @module
 */

/** The wish that all of it ends. */
export interface StopWish extends Disposable {
  /** Resolves at the first signal, with its name. */
  readonly stop: Promise<Deno.Signal>;
  /** Resolves when it is wished again: now, and not when events in flight are done. */
  readonly now: Promise<void>;
}

/**
 * Time in which a second signal is the same wish, in milliseconds: Ctrl-C and `timeout`
 * reach this process and the one that started it, which passes theirs on.
 */
const SAME_WISH = 500;

const SIGNALS: readonly Deno.Signal[] = Deno.build.os === "windows"
  ? ["SIGINT", "SIGBREAK"]
  : ["SIGINT", "SIGTERM"];

/** Listens. */
export function listenForStop(): StopWish {
  const stop = Promise.withResolvers<Deno.Signal>();
  const now = Promise.withResolvers<void>();
  let first: number | undefined;
  const listeners = SIGNALS.map((signal) => {
    const listener = () => {
      const time = performance.now();
      first ??= time;
      stop.resolve(signal);
      if (time - first > SAME_WISH) now.resolve();
    };
    Deno.addSignalListener(signal, listener);
    return () => Deno.removeSignalListener(signal, listener);
  });
  return {
    stop: stop.promise,
    now: now.promise,
    [Symbol.dispose]() {
      for (const remove of listeners) remove();
    },
  };
}
